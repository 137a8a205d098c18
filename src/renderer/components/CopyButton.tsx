import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from './Button.tsx';
import { toast } from './Toast.tsx';

/** Puts text on the clipboard exactly as it is (never the escaped form that is shown). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    toast('The text could not be copied.', { detail: String(error), bad: true });
    return false;
  }
}

export function CopyButton({ text, label = 'Copy' }: { text: string | (() => string); label?: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => setDone(await copyText(typeof text === 'string' ? text : text()));
  return (
    <IconButton label={done ? 'Copied' : label} onClick={copy}>
      {done ? <Check /> : <Copy />}
    </IconButton>
  );
}
