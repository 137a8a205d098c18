import { ArrowRight, FileText, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import type { ConsistencyResult, FindingOut, FoundEvent } from '../../../contract/check.ts';
import type { AggregateRef } from '../../../contract/common.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Panel.tsx';
import { toastError } from '../../components/Toast.tsx';
import { hrefTo, setParams } from '../../lib/address.ts';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatTime } from '../../lib/format.ts';
import styles from './check.module.css';
import { openFinding } from './openFinding.ts';
import { ReportDialog } from './ReportDialog.tsx';
import { SeverityIcon } from './SeverityIcon.tsx';
import { REPORT_FORMATS, type ReportFormat, saveReport } from './saveReport.ts';

const CLAIM_WORDS = {
  hash: 'Payload hash',
  chain: 'Link to the event before',
  signature: 'Signature',
  snapshot: 'Snapshot against the fold',
};

/** One finding in full, and below it what the whole check rests on. */
export function FindingDetail({
  finding,
  result,
}: {
  finding: FindingOut | null;
  result: ConsistencyResult;
}) {
  const rule = result.rules.find((each) => each.rule === finding?.rule);
  const owner = finding?.events[0]?.aggregate ?? null;
  return (
    <>
      {finding === null || rule === undefined ? null : (
        <Section>
          <h3 className={styles.detailTitle}>
            <SeverityIcon severity={finding.severity} />
            {rule.title}
          </h3>
          <p className={styles.detailText}>{shown(finding.text)}.</p>
          <p className={styles.why}>{rule.why}</p>
          <ul className={styles.events}>
            {finding.events.map((event, index) => (
              <EventLine key={event.id} event={event} isFirst={index === 0} />
            ))}
            {finding.more === 0 ? null : <li>{formatCount(finding.more)} more events.</li>}
          </ul>
          <div className={styles.actions}>
            <Button look="primary" icon={<ArrowRight />} onClick={() => openFinding(finding)}>
              {owner === null ? 'Open the record' : 'Open in the timeline'}
            </Button>
            {owner === null ? null : (
              <Button
                icon={<ShieldCheck />}
                onClick={() => setParams({ topic: null, rule: null, type: owner.type, id: owner.id }, false)}
              >
                Choose this aggregate
              </Button>
            )}
          </div>
        </Section>
      )}
      {owner === null ? null : <ReportSection owner={owner} />}
      <Section title="Claims of integrity">
        <dl className={styles.claims}>
          {result.claims.map(({ claim, pass, fail, unverifiable, absent }) => (
            <div key={claim} className={styles.claim}>
              <dt>{CLAIM_WORDS[claim]}</dt>
              <dd>
                {pass + fail + unverifiable === 0
                  ? 'none made'
                  : `${formatCount(pass)} hold, ${formatCount(fail)} fail, ${formatCount(unverifiable)} cannot be verified, ${formatCount(absent)} absent`}
              </dd>
            </div>
          ))}
        </dl>
      </Section>
      {result.learned.length === 0 ? null : (
        <Section title="Taken as usual" note="because the data says so">
          <ul className={styles.learned}>
            {result.learned.map((sentence) => (
              <li key={sentence}>{shown(sentence)}</li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="Rests on">
        <p className={styles.why}>{shown(result.coverage.summary)}</p>
        {result.notes.map((note) => (
          <p key={note} className={styles.why}>
            {shown(note)}
          </p>
        ))}
      </Section>
    </>
  );
}

function EventLine({ event, isFirst }: { event: FoundEvent; isFirst: boolean }) {
  const { aggregate, id, place, type, recordedAt } = event;
  const href =
    aggregate === null || aggregate.type === ''
      ? hrefTo(['events'], { record: id })
      : hrefTo(['aggregates', aggregate.type, aggregate.id], { event: id });
  return (
    <li>
      <a href={href}>{shown(type || 'no type')}</a>
      <span className={styles.eventNote}>
        {isFirst ? '' : 'compared with · '}
        {formatTime(recordedAt)}
      </span>
      <span className={styles.place}>
        {shown(place.topic)} [{place.partition}] @ {formatCount(place.offset)}
      </span>
    </li>
  );
}

/** The audit report of the aggregate that the finding is about, as a file. */
function ReportSection({ owner }: { owner: AggregateRef }) {
  const [making, setMaking] = useState<ReportFormat | null>(null);
  const [asks, setAsks] = useState(false);
  const make = async (format: ReportFormat) => {
    setMaking(format);
    try {
      await saveReport({ ref: owner, at: [], format, reducer: null });
    } catch (error) {
      toastError(error as EngineError);
    } finally {
      setMaking(null);
    }
  };
  return (
    <Section title="Audit report" note={`of ${shown(owner.type)}`}>
      <p className={styles.why}>
        Events by type, first and last, actors, findings, claims, coverage and the state, with its hash.
      </p>
      <div className={styles.actions}>
        {REPORT_FORMATS.map(([format, word]) => (
          <Button
            key={format}
            icon={<FileText />}
            disabled={making !== null}
            onClick={() => void make(format)}
          >
            {making === format ? 'Making…' : word}
          </Button>
        ))}
        <Button look="quiet" onClick={() => setAsks(true)}>
          At moments…
        </Button>
      </div>
      <ReportDialog owner={owner} open={asks} onClose={() => setAsks(false)} />
    </Section>
  );
}
