import { toast, toastError } from '../../components/Toast.tsx';
import { EngineError } from '../../lib/engine.ts';

/** Says beside the work that something a person asked for has failed; what was cancelled is not worth a word. */
export function showProblem(error: unknown): void {
  if (error instanceof EngineError) {
    if (error.code !== 'cancelled') toastError(error);
  } else toast(error instanceof Error ? error.message : String(error), { bad: true });
}
