import { useEffect, useMemo, useRef, useState } from 'react';
import type { Draft } from '../../../contract/compensate.ts';
import type { Connection } from '../../../contract/connections.ts';
import { toastError } from '../../components/Toast.tsx';
import { go } from '../../lib/address.ts';
import { useJobs } from '../../lib/live.ts';
import { useNow } from '../../lib/now.ts';
import { callEngine, invalidate, useEngineAction } from '../../lib/queries.ts';
import { type Kept, keepDraft, keepReceipt, useDrafts } from './draftStore.ts';
import { carriedOver, readValue, rolesOf } from './fields.ts';
import type { Progress, Remedy } from './steps.ts';

export interface Subject {
  draftKey: string;
  connection: Connection;
  kept: Kept;
  /** Topics that the aggregate lives in. */
  topics: readonly string[];
}

/** What a person does with a draft: edit, check, publish, and what to do about a refusal. */
export function useComposer({ draftKey, connection, kept, topics }: Subject) {
  const draft: Draft = useMemo(
    () => ({ ...kept.draft, connectionId: connection.id }),
    [kept.draft, connection.id],
  );
  const roles = useMemo(() => rolesOf(kept.fields, kept.drafted), [kept.fields, kept.drafted]);
  const [invalid, setInvalid] = useState<ReadonlySet<string>>(() => new Set());
  const [typedName, setTypedName] = useState('');
  const [unlocking, setUnlocking] = useState(false);
  /** A refused attempt to publish needs a new check before another one. */
  const [spoiled, setSpoiled] = useState(false);
  const now = useNow(1000);
  const leftMs = Math.max(0, (connection.unlocked?.until ?? 0) - now);
  const isOpen = leftMs > 0;

  const preview = useEngineAction(['compensate', 'preview']);
  const publish = useEngineAction(['compensate', 'publish'], {
    // Here and not beside the call: the receipt is kept although one has looked elsewhere meanwhile.
    onSuccess: (receipt) => {
      keepReceipt(draftKey, receipt);
      invalidate(['receipts', 'events']);
    },
  });
  const read = readValue(draft.value);
  const problem =
    'problem' in read
      ? `The JSON cannot be read in line ${read.line}.`
      : invalid.size > 0
        ? 'A field is not right yet.'
        : draft.eventType.trim() === ''
          ? 'Write the event type, in the past tense.'
          : null;
  const text = JSON.stringify(draft);
  const isFresh = preview.data !== undefined && !spoiled && JSON.stringify(preview.variables?.draft) === text;
  /** A check is due for which another one has to end first. */
  const isDue = useRef(false);
  const check = () => {
    if (problem !== null) return;
    isDue.current = preview.isPending;
    if (isDue.current) return;
    setSpoiled(false);
    publish.reset();
    preview.mutate({ draft });
  };
  const newest = useRef(check);
  newest.current = check;
  // The first check, and one more when the cluster or its lock is another: both only read.
  // biome-ignore lint/correctness/useExhaustiveDependencies: connection and lock are what the check rests on.
  useEffect(() => newest.current(), [connection.id, isOpen]);
  useEffect(() => {
    if (!preview.isPending && isDue.current) newest.current();
  }, [preview.isPending]);

  const isProduction = connection.environment === 'production';
  const isNamed = !isProduction || typedName === connection.name;
  const isPublishable = isOpen && isFresh && preview.data?.publishable === true;
  const [captureId, setCaptureId] = useState<string | null>(null);
  const capture = useJobs((store) => store.jobs).find(({ id }) => id === captureId);
  const captureEnded = capture !== undefined && capture.status !== 'running';
  useEffect(() => {
    if (captureEnded) newest.current();
  }, [captureEnded]);

  const restart = async () => {
    try {
      const made = await callEngine(['compensate', 'draft'], {
        connectionId: connection.id,
        ref: draft.ref,
        correctedId: draft.correctedId,
        actor: draft.actor,
      });
      // As it is by now: it may have been written on, or discarded, while the engine made the other one.
      const from = useDrafts.getState().drafts[draftKey];
      if (from === undefined) return;
      preview.reset();
      publish.reset();
      const carried = carriedOver(from, made);
      keepDraft(draftKey, { draft: carried, drafted: made.draft, fields: made.fields });
      setSpoiled(false);
      preview.mutate({ draft: carried });
    } catch (error) {
      toastError(error as { message: string });
    }
  };
  const remedy = async (kind: Remedy) => {
    if (kind === 'unlock') setUnlocking(true);
    else if (kind === 'check') check();
    else if (kind === 'restart') await restart();
    else if (kind === 'receipts') go(['activity'], { view: 'receipts' });
    else if (kind === 'connections') go(['connections', connection.id]);
    else {
      try {
        const wanted = [...new Set([...topics, draft.topic])];
        const { jobId } = await callEngine(['capture', 'start'], {
          connectionId: connection.id,
          topics: wanted,
          from: 'earliest',
        });
        setCaptureId(jobId);
      } catch (error) {
        toastError(error as { message: string });
      }
    }
  };
  const progress: Progress = {
    unlocked: isOpen,
    composed: problem === null && draft.reason.trim() !== '',
    checked: isPublishable,
    published: false,
    readBack: false,
  };
  return {
    draft,
    roles,
    setDraft: (next: Draft) => keepDraft(draftKey, { ...kept, draft: next }),
    setInvalid(path: string, is: boolean) {
      if (invalid.has(path) === is) return;
      const next = new Set(invalid);
      if (is) next.add(path);
      else next.delete(path);
      setInvalid(next);
    },
    problem,
    preview,
    isFresh,
    check,
    progress,
    leftMs,
    isOpen,
    isProduction,
    typedName,
    setTypedName,
    canPublish: isPublishable && isNamed && !publish.isPending,
    isPublishable,
    isNamed,
    /** The only call that sends something; a person presses a button for it. */
    send() {
      const planHash = preview.data?.planHash;
      if (!isPublishable || !isNamed || publish.isPending || planHash === undefined) return;
      publish.mutate(
        { draft, planHash, typedName: isProduction ? typedName : null },
        { onError: () => setSpoiled(true) },
      );
    },
    publish,
    remedy: (kind: Remedy) => void remedy(kind),
    capture,
    unlocking,
    setUnlocking,
    isEdited: JSON.stringify(kept.draft) !== JSON.stringify(kept.drafted),
  };
}

export type ComposerState = ReturnType<typeof useComposer>;
