import { useCallback, useEffect, useRef, useState } from 'react';
import { type Address, setParams, useAddress, useArrivals } from '../../lib/address.ts';
import { restTimer } from '../../lib/timers.ts';

/**
 * Browsers ignore more than about 200 changes of the address in ten seconds; a held arrow key makes 300. Writing takes
 * the time of a frame, so it waits until one rests, but no longer than the second figure.
 */
const WRITE_AFTER_MS = 160;
const WRITE_AT_LAST_MS = 2000;

type Values<Name extends string> = Record<Name, string | null>;

const read = <Name extends string>({ params }: Address, names: readonly Name[]): Values<Name> =>
  Object.fromEntries(names.map((name) => [name, params.get(name)])) as Values<Name>;

/**
 * State that the address holds, for what changes with every key press: it changes at once here and is written into
 * the address a moment later. A change of the address from outside (back, a link) is taken over.
 * @param names parameters; must not change
 */
export function useLinkedState<Name extends string>(
  names: readonly Name[],
): [
  values: Values<Name>,
  change: (values: Partial<Values<Name>>) => void,
  flush: () => void,
  /** The newest values, also those that are not rendered yet. */
  peek: () => Values<Name>,
] {
  const address = useAddress();
  const inAddress = read(address, names);
  const signature = JSON.stringify(inAddress);
  const written = useRef(signature);
  const arrivals = useArrivals();
  const arrived = useRef(arrivals);
  const [values, setValues] = useState(inAddress);
  const newest = useRef(values);
  const [{ rest, write }] = useState(() => {
    const write = () => {
      written.current = JSON.stringify(newest.current);
      setParams(newest.current);
    };
    return { rest: restTimer(WRITE_AFTER_MS, write, WRITE_AT_LAST_MS), write };
  });
  const flush = useCallback(() => {
    if (!rest.isTouched()) return;
    rest.cancel();
    write();
  }, [rest, write]);
  const gone = useRef(false);
  const change = useCallback(
    (next: Partial<Values<Name>>) => {
      // An answer that comes late: the address is that of another screen by now.
      if (gone.current) return;
      newest.current = { ...newest.current, ...next };
      setValues(newest.current);
      rest.touch();
    },
    [rest],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for the values in the address.
  useEffect(() => {
    // A link to the values that are written here already takes the place of a choice that is not written yet, too.
    if (signature === written.current && arrivals === arrived.current) return;
    written.current = signature;
    arrived.current = arrivals;
    rest.cancel();
    newest.current = inAddress;
    setValues(inAddress);
  }, [signature, arrivals]);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
      rest.cancel();
    };
  }, [rest]);
  const peek = useCallback(() => newest.current, []);
  return [values, change, flush, peek];
}
