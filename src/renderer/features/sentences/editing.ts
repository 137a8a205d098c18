import { create } from 'zustand';
import type { SavedSentence } from '../../../contract/sentences.ts';

/** Which sentence is being edited: that of a type, as it is said in a topic, or one that is kept. */
export interface Edited {
  type: string;
  topic: string;
  /** The kept template to change; null: the one that the topic uses, if any. */
  saved: SavedSentence | null;
}

export const useEdited = create<{ edited: Edited | null }>(() => ({ edited: null }));

export const editSentence = (edited: Edited): void => useEdited.setState({ edited });
export const closeEditor = (): void => useEdited.setState({ edited: null });
