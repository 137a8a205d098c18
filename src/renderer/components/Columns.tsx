import { Children, Fragment, type ReactNode } from 'react';
import { Group, Panel, Separator, useDefaultLayout } from 'react-resizable-panels';
import styles from './Columns.module.css';

export interface ColumnSize {
  /** Name under which the width is remembered. */
  id: string;
  /** Pixels, or a share such as `40%`; one column should have none and takes the rest. */
  size?: number | string;
  /** Pixels. */
  min?: number;
}

interface ColumnsProps {
  /** Name under which the layout is remembered. */
  id: string;
  columns: readonly ColumnSize[];
  direction?: 'horizontal' | 'vertical';
  /** One child per column, in order. */
  children: ReactNode;
}

/** Panels side by side (or stacked); their sizes are dragged, moved with the arrow keys, and remembered. */
export function Columns({ id, columns, direction = 'horizontal', children }: ColumnsProps) {
  const layout = useDefaultLayout({
    id: `hindcast.layout.${id}`,
    panelIds: columns.map((column) => column.id),
    storage: localStorage,
  });
  const panels = Children.toArray(children);
  return (
    <Group
      className={styles.group}
      orientation={direction}
      {...(layout.defaultLayout === undefined ? {} : { defaultLayout: layout.defaultLayout })}
      onLayoutChanged={layout.onLayoutChanged}
    >
      {columns.map((column, index) => (
        <Fragment key={column.id}>
          {index === 0 ? null : <Separator className={styles.separator} />}
          <Panel
            id={column.id}
            className={styles.panel}
            minSize={column.min ?? 160}
            {...(column.size === undefined ? {} : { defaultSize: column.size })}
          >
            {panels[index]}
          </Panel>
        </Fragment>
      ))}
    </Group>
  );
}
