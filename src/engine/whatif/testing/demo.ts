/** The demo in a workspace of its own, with what-if and invariants over it. */
import { defaultDemo } from '../../../../test/fixtures/demo/stories.ts';
import type { DemoRecord } from '../../../../test/fixtures/demo/types.ts';
import type { ImportRecord } from '../../capture/import.ts';
import { openKit } from '../../projection/testing/kit.ts';
import { servicesOver } from './services.ts';

const importOf = ({ transaction, ...record }: DemoRecord): ImportRecord => ({
  ...record,
  verdict: transaction?.outcome === 'abort' ? 'aborted' : 'committed',
});

export async function openDemo(name: string) {
  const kit = await openKit(name);
  await kit.append(defaultDemo().records.map(importOf));
  const over = servicesOver(kit);
  const close = async () => {
    await over.jobs.close();
    await kit.close();
  };
  return { kit, over, close };
}
