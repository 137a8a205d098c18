import { useLayoutEffect, useRef, useState } from 'react';

/**
 * Runs `begin` while something opens, before it is drawn: after that, what is typed at once would be taken away. One that is
 * opened again may not have left the page yet, so that what was typed last still stands there.
 */
export function useOpening(isOpen: boolean, begin: () => void): void {
  const [wasOpen, setWasOpen] = useState(isOpen);
  if (isOpen === wasOpen) return;
  setWasOpen(isOpen);
  if (isOpen) begin();
}

/**
 * For what is asked while something is open and answered later: the answer must not close what was opened anew meanwhile.
 * `const isStillOpen = whileOpen(); await …; if (isStillOpen()) onClose();`
 * @param isOpen left out where the component is there only while it is open
 */
export function useStillOpen(isOpen = true): () => () => boolean {
  const closings = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it ends with what is open.
  useLayoutEffect(
    () => () => {
      closings.current += 1;
    },
    [isOpen],
  );
  return () => {
    const before = closings.current;
    return () => closings.current === before;
  };
}
