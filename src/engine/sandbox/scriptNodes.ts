/** Nodes of a program with what they stand in, and what their position tells. */
import type { AnyNode } from 'acorn';

export type FunctionNode = Extract<AnyNode, { params: unknown[] }>;

/** A node with what it stands in. */
export interface Placed {
  node: AnyNode;
  above: Placed | null;
  /** The property of the node above that holds it. */
  key: string;
}

/** The program does something that cannot be followed. */
export class Unknown extends Error {}

/** All nodes of a program. */
export function* nodesIn(place: Placed): Generator<Placed> {
  yield place;
  for (const [key, value] of Object.entries(place.node))
    for (const node of Array.isArray(value) ? value : [value])
      if (typeof (node as AnyNode | null)?.type === 'string')
        yield* nodesIn({ node: node as AnyNode, above: place, key });
}

/** An identifier that names a value, and not only a key. */
export function isReference({ node, above, key }: Placed): boolean {
  if (node.type !== 'Identifier') return false;
  const holder = above!.node;
  if (holder.type === 'MemberExpression') return key === 'object' || holder.computed;
  return holder.type === 'Property' ? key === 'value' || holder.computed : true;
}

/** What a key of an object is put into: `{ key: here } = object`. */
const isPatternValue = ({ node, above }: Placed): boolean =>
  above!.node.type === 'Property' &&
  above!.node.value === node &&
  above!.above!.node.type === 'ObjectPattern';

/** By position: whatever is not certainly read. */
export function isWritten(place: Placed): boolean {
  const { above, key } = place;
  const holder = above!.node;
  switch (holder.type) {
    case 'AssignmentExpression':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'AssignmentPattern':
      return key === 'left';
    case 'UpdateExpression':
    case 'ArrayPattern':
    case 'RestElement':
      return true;
    case 'UnaryExpression':
      return holder.operator === 'delete';
    // `delete a?.b`
    case 'ChainExpression':
      return isWritten(above!);
    case 'Property':
      return isPatternValue(place);
    default:
      return false;
  }
}

/** By position: a name is given to something there, or to a part of it. */
export function isBinding(place: Placed): boolean {
  const { above, key } = place;
  switch (above!.node.type) {
    case 'VariableDeclarator':
      return key === 'id';
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return key === 'params' || key === 'id';
    case 'Property':
      return isPatternValue(place);
    case 'ClassDeclaration':
    case 'ClassExpression':
      return key === 'id';
    case 'CatchClause':
      return key === 'param';
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return true;
    default:
      return false;
  }
}

export const isFunction = (node: AnyNode): node is FunctionNode =>
  node.type === 'FunctionDeclaration' ||
  node.type === 'FunctionExpression' ||
  node.type === 'ArrowFunctionExpression';

/** The key that is taken from what stands there. @throws Unknown when it may be any, or anything else is done */
export function keyTaken({ above, key }: Placed): string {
  if (above?.node.type !== 'MemberExpression' || key !== 'object' || isWritten(above)) throw new Unknown();
  const { property, computed } = above.node;
  return nameOf(property, computed);
}

/** Keys of an object pattern with what each is put into. @throws Unknown */
export function membersOf(pattern: AnyNode): [string, AnyNode][] {
  // `{}` takes nothing, and yet fails where there is no object.
  if (pattern.type !== 'ObjectPattern' || pattern.properties.length === 0) throw new Unknown();
  return pattern.properties.map((each) => {
    if (each.type === 'RestElement') throw new Unknown();
    return [nameOf(each.key, each.computed), each.value];
  });
}

/** @throws Unknown when the key is computed */
export function nameOf(key: AnyNode, computed: boolean): string {
  if (key.type === 'Identifier' && !computed) return key.name;
  if (key.type === 'Literal' && typeof key.value === 'string') return key.value;
  throw new Unknown();
}
