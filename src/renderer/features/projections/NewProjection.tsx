import { useState } from 'react';
import { ProjectionName } from '../../../contract/projections.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { Select } from '../../components/Select.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { goFromHere } from '../../lib/address.ts';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { plural } from '../../lib/format.ts';
import { callEngine, invalidate, useEngineQuery } from '../../lib/queries.ts';
import { templateOf, type Writing } from './template.ts';
import { filterOf } from './vocabulary.ts';

interface NewProjectionProps {
  /** Names that are taken. */
  names: readonly string[];
  onClose: () => void;
}

interface Reading {
  id: string;
  label: string;
  hint: string;
  source: { aggregateTypes?: string[]; topics?: string[] };
}

/** Why a name cannot be given to a new table; null: it can. */
export function nameProblem(name: string, names: readonly string[]): string | null {
  const checked = ProjectionName.safeParse(name);
  if (!checked.success) return `Use ${checked.error.issues[0]!.message}.`;
  return names.includes(name) ? `There is a projection ${name} already.` : null;
}

/** What there is to read: aggregate types, then topics. */
function useReadings(): Reading[] | undefined {
  const types = useEngineQuery(['aggregates', 'types'], {});
  const facets = useEngineQuery(['events', 'facets'], { filter: {} });
  if (types.data === undefined || facets.data === undefined) return undefined;
  return [
    ...types.data.map(({ type, aggregates }) => ({
      id: `type ${type}`,
      label: shown(type),
      hint: plural(aggregates, 'aggregate'),
      source: { aggregateTypes: [type] },
    })),
    ...facets.data.topics.map(({ topic, count }) => ({
      id: `topic ${topic}`,
      label: `topic ${shown(topic)}`,
      hint: plural(count, 'record'),
      source: { topics: [topic] },
    })),
  ];
}

/** Asks what a new projection reads and how it is written, and begins it with a definition that works. */
export function NewProjection({ names, onClose }: NewProjectionProps) {
  const readings = useReadings();
  const [name, setName] = useState('');
  const [title, setTitle] = useState('');
  const [reads, setReads] = useState<string | null>(null);
  const [writing, setWriting] = useState<Writing>('operations');
  const [isMaking, setIsMaking] = useState(false);
  const [error, setError] = useState<EngineError | null>(null);
  const problem = name === '' ? null : nameProblem(name, names);
  const chosen = readings?.find(({ id }) => id === reads) ?? readings?.[0];
  const canMake = name !== '' && problem === null && chosen !== undefined && !isMaking;
  const make = async () => {
    if (!canMake) return;
    const goOn = goFromHere();
    setIsMaking(true);
    setError(null);
    try {
      const { source } = chosen;
      const { fields, records } = await callEngine(['search', 'fields'], {
        filter: filterOf(JSON.stringify({ source })),
      });
      const definition = templateOf({ name, title: title.trim() || name, source, writing, fields, records });
      await callEngine(['projections', 'save'], { definition });
      invalidate(['projections']);
      onClose();
      goOn(['projections', name], { tab: 'definition' });
    } catch (thrown) {
      setError(thrown as EngineError);
    } finally {
      setIsMaking(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      onSubmit={() => void make()}
      title="New projection"
      description="It begins with a definition that merges the payloads; change it while you see what it does."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={!canMake}>
            Create
          </Button>
        </>
      }
    >
      <Field layout="above" label="Name of the table" error={problem}>
        <Input mono value={name} onValue={setName} placeholder="open_orders" autoFocus />
      </Field>
      <Field layout="above" label="Title">
        <Input value={title} onValue={setTitle} placeholder="Open orders" />
      </Field>
      <Field layout="above" label="Reads the events of">
        {readings === undefined ? (
          <Skeleton lines={1} />
        ) : chosen === undefined ? (
          <p className="dim">Nothing is captured yet: capture a topic first.</p>
        ) : (
          <Select
            value={chosen.id}
            onValue={setReads}
            options={readings.map(({ id, label, hint }) => ({ value: id, label, hint }))}
          />
        )}
      </Field>
      <Field layout="above" label="Written as">
        <Segmented<Writing>
          label="Written as"
          value={writing}
          onValue={setWriting}
          options={[
            { value: 'operations', label: 'Operations' },
            { value: 'typescript', label: 'TypeScript' },
            { value: 'javascript', label: 'JavaScript' },
          ]}
        />
      </Field>
      {error === null ? null : <ErrorState error={error} compact />}
    </Dialog>
  );
}
