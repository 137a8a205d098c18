import type { ProjectionStatus } from '../../../contract/projections.ts';
import type { TagTone } from '../../components/Tag.tsx';

export const STATE_WORDS: Record<ProjectionStatus['state'], string> = {
  new: 'not built',
  building: 'building',
  ready: 'ready',
  stale: 'stale',
  failed: 'failed',
};
export const STATE_TONES: Record<ProjectionStatus['state'], TagTone> = {
  new: 'plain',
  building: 'accent',
  ready: 'good',
  stale: 'warn',
  failed: 'bad',
};
