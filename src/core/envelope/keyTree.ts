/** Keys that are looked for in the bytes of a JSON value: a tree, told apart first by their lengths. */

/** A key in the object of its parent; T is the scan's own node. */
export interface KeyNode<T> {
  /** UTF-8. */
  key: Uint8Array;
  children: T[];
  /** Children by the length of their keys; made by {@link indexKeys}. */
  byLength: T[][];
}

/** Once, when all nodes are there. */
export function indexKeys<T extends KeyNode<T>>(node: T): void {
  for (const child of node.children) {
    const same = node.byLength[child.key.length] ?? [];
    same.push(child);
    node.byLength[child.key.length] = same;
    indexKeys(child);
  }
  // Lists without holes are quicker to look into.
  for (let length = 0; length < node.byLength.length; length += 1) node.byLength[length] ??= [];
}

/** Which of these keys of one length lies at `start`; null: none. */
export function keyAt<T extends KeyNode<T>>(nodes: readonly T[], bytes: Uint8Array, start: number): T | null {
  next: for (const node of nodes) {
    const { key } = node;
    for (let at = 0; at < key.length; at += 1) if (bytes[start + at] !== key[at]) continue next;
    return node;
  }
  return null;
}

/** Whether of each list one slot holds something. @param kind by slot; 0: nothing is there */
export function eachHasOne(lists: readonly (readonly number[])[], kind: Uint8Array): boolean {
  for (const slots of lists) {
    let isThere = false;
    for (const slot of slots) isThere ||= kind[slot] !== 0;
    if (!isThere) return false;
  }
  return true;
}
