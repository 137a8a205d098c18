import { useEffect, useRef, useState } from 'react';
import { TextArea } from '../../components/Field.tsx';
import { toastError } from '../../components/Toast.tsx';
import type { EngineError } from '../../lib/engine.ts';

/** A pause in typing after which a text is kept. */
const SAVE_AFTER_MS = 600;

interface SavedTextProps {
  value: string;
  onSave: (text: string) => Promise<unknown>;
  placeholder?: string;
  rows?: number;
  /** Name for screen readers where no label stands beside it. */
  label?: string;
}

/** A text that is kept while it is written; what was typed is never replaced by what comes from the engine. */
export function SavedText({ value, onSave, placeholder, rows = 3, label }: SavedTextProps) {
  const [text, setText] = useState(value);
  const newest = useRef({ text, saved: value, onSave });
  /** Texts that were sent and may still come back after later ones were sent. */
  const sent = useRef(new Set<string>());
  newest.current.onSave = onSave;
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const save = () => {
    if (timer.current !== null) clearTimeout(timer.current);
    timer.current = null;
    const { text: written, saved } = newest.current;
    if (written === saved) return;
    newest.current.saved = written;
    sent.current.add(written);
    newest.current.onSave(written).catch((error: unknown) => {
      newest.current.saved = saved;
      sent.current.delete(written);
      toastError(error as EngineError);
    });
  };
  const flush = useRef(save);
  flush.current = save;
  useEffect(() => {
    const { saved, text: written } = newest.current;
    // An answer from between two saves is earlier than what stands here.
    if (written !== saved || (value !== saved && sent.current.has(value))) return;
    sent.current.clear();
    if (value === saved) return;
    newest.current = { ...newest.current, text: value, saved: value };
    setText(value);
  }, [value]);
  useEffect(() => {
    const leave = () => flush.current();
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      leave();
    };
  }, []);
  return (
    <TextArea
      value={text}
      rows={Math.max(rows, Math.min(16, text.split('\n').length))}
      maxLength={50_000}
      placeholder={placeholder}
      {...(label === undefined ? {} : { 'aria-label': label })}
      onValue={(next) => {
        newest.current.text = next;
        setText(next);
        if (timer.current !== null) clearTimeout(timer.current);
        timer.current = setTimeout(() => flush.current(), SAVE_AFTER_MS);
      }}
      onBlur={save}
    />
  );
}
