import { useState } from 'react';

/**
 * A field whose text counts when it is left: answers that come meanwhile do not change what is being typed.
 * @param value what stands there while nobody types
 * @param onTaken told what was typed, without spaces around it
 */
export function useTyped(value: string, onTaken: (text: string) => void) {
  const [typed, setTyped] = useState<string | null>(null);
  const take = () => {
    if (typed === null) return;
    setTyped(null);
    onTaken(typed.trim());
  };
  return { value: typed ?? value, onValue: setTyped, take };
}
