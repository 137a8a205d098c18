import { getAddress, setParams } from '../../lib/address.ts';
import type { Command } from '../../lib/keys.ts';

export const TOPIC_TABS = ['partitions', 'groups', 'config', 'capture'] as const;
export type TopicTab = (typeof TOPIC_TABS)[number];
export const TAB_NAMES: Record<TopicTab, string> = {
  partitions: 'Partitions',
  groups: 'Groups',
  config: 'Configuration',
  capture: 'Capture',
};

/** The tab that the address names. */
export const tabOf = (text: string | null): TopicTab =>
  TOPIC_TABS.find((tab) => tab === text) ?? 'partitions';

export const openTab = (tab: TopicTab): void => setParams({ tab: tab === 'partitions' ? null : tab });

/** `1` to `4` open the parts of the panel. */
export const topicTabCommands = (): Command[] =>
  TOPIC_TABS.map((tab, index) => ({
    id: `topics.tab.${tab}`,
    title: `${TAB_NAMES[tab]} of the topic`,
    group: 'Topics',
    keys: String(index + 1),
    hint: 'parts',
    run: () => openTab(tab),
    disabled: getAddress().params.get('topic') === null,
  }));
