import { useState } from 'react';

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
