/**
 * How a screen plugs in: put `features/<screen>/<Name>Screen.tsx` with a default export (a component without props)
 * at the path named below. A screen that has no file yet has no route and no place in the rail.
 * A screen reads its place from `useAddress()` (segments and parameters), its time from `useFocus()`, offers its keys
 * with `useCommands([...])`, and is mounted in a flex column that fills the frame (root element: `<Screen>`).
 */
import {
  Boxes,
  CircleGauge,
  Clock4,
  Columns2,
  Database,
  FlaskConical,
  FolderOpen,
  Layers,
  ListTree,
  Server,
  ShieldCheck,
  Table2,
  Undo2,
  Waypoints,
} from 'lucide-react';
import { type ComponentType, lazy, type ReactNode } from 'react';

type ScreenModule = { default: ComponentType };
const files = import.meta.glob<ScreenModule>('../features/*/*Screen.tsx');

const load = (path: string): ComponentType | null => {
  const file = files[`../features/${path}.tsx`];
  return file === undefined ? null : lazy(file);
};

export interface RouteEntry {
  /** First segment of the address. */
  name: string;
  /** Word in the rail. */
  title: string;
  icon: ReactNode;
  /** Key that opens it. */
  keys: string;
  /** Only in the rail while one is on it: it is reached from elsewhere. */
  hidden?: boolean;
  screen: (segments: readonly string[]) => ComponentType | null;
}

const connections = load('connections/ConnectionsScreen');
const topics = load('topics/TopicsScreen');
const events = load('events/EventsScreen');
const aggregates = load('aggregates/AggregatesScreen');
const timeline = load('aggregates/TimelineScreen');
const projections = load('projections/ProjectionsScreen');
const compensate = load('compensate/CompensateScreen');
const compare = load('compare/CompareScreen');
const clocks = load('clocks/ClocksScreen');
const whatif = load('whatif/WhatIfScreen');
const check = load('check/CheckScreen');
const cases = load('cases/CasesScreen');
const mappings = load('mappings/MappingsScreen');
const workspace = load('workspace/WorkspaceScreen');
const activity = load('activity/ActivityScreen');

const ALL: RouteEntry[] = [
  { name: 'connections', title: 'Clusters', icon: <Server />, keys: 'alt+1', screen: () => connections },
  { name: 'topics', title: 'Topics', icon: <ListTree />, keys: 'alt+2', screen: () => topics },
  { name: 'events', title: 'Events', icon: <Layers />, keys: 'alt+3', screen: () => events },
  {
    name: 'aggregates',
    title: 'Aggregates',
    icon: <Boxes />,
    keys: 'alt+4',
    // #/aggregates/<type>/<id> is the timeline of one.
    screen: (segments) => (segments.length >= 3 ? timeline : aggregates),
  },
  { name: 'projections', title: 'Projections', icon: <Table2 />, keys: 'alt+5', screen: () => projections },
  {
    name: 'compensate',
    title: 'Compensate',
    icon: <Undo2 />,
    keys: 'alt+6',
    hidden: true,
    screen: () => compensate,
  },
  { name: 'compare', title: 'Compare', icon: <Columns2 />, keys: 'alt+9', screen: () => compare },
  { name: 'clocks', title: 'Two clocks', icon: <Clock4 />, keys: 'shift+o', screen: () => clocks },
  { name: 'whatif', title: 'What-if', icon: <FlaskConical />, keys: 'shift+w', screen: () => whatif },
  { name: 'check', title: 'Check', icon: <ShieldCheck />, keys: 'alt+0', screen: () => check },
  { name: 'cases', title: 'Cases', icon: <FolderOpen />, keys: 'shift+k', screen: () => cases },
  {
    name: 'mappings',
    title: 'Mapping',
    icon: <Waypoints />,
    keys: 'shift+p',
    hidden: true,
    screen: () => mappings,
  },
  { name: 'workspace', title: 'Workspace', icon: <Database />, keys: 'alt+8', screen: () => workspace },
  { name: 'activity', title: 'Activity', icon: <CircleGauge />, keys: 'alt+7', screen: () => activity },
];

/** The screens that exist. */
export const ROUTES: readonly RouteEntry[] = ALL.filter(({ screen }) => screen([]) !== null);

/** The route of an address; undefined when it leads nowhere. */
export const routeOf = (segments: readonly string[]): RouteEntry | undefined =>
  ROUTES.find(({ name }) => name === segments[0]);
