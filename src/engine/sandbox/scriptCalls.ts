/** Which functions of a program a call reaches, as far as the source tells for certain. */
import type { AnyNode, CallExpression } from 'acorn';
import {
  type FunctionNode,
  isBinding,
  isFunction,
  isWritten,
  keyTaken,
  nameOf,
  type Placed,
  Unknown,
} from './scriptNodes.ts';

/** What is done with a table as a whole and changes nothing in it: `Object.hasOwn(on, type)`. */
const ONLY_LOOKS = new Set(['hasOwn', 'freeze', 'keys']);
/** Ways to what all objects inherit: a table has that, too. */
const TO_PROTOTYPES = new Set(['prototype', '__proto__', 'getPrototypeOf', 'Reflect']);

/** Whether a program holds what would make a table of handlers more than its text says. */
export const altersTables = ({ node }: Placed): boolean =>
  // A method can write to the table it stands in.
  node.type === 'ThisExpression' ||
  (node.type === 'Identifier' && TO_PROTOTYPES.has(node.name)) ||
  (node.type === 'Literal' && TO_PROTOTYPES.has(String(node.value)));

export class Calls {
  readonly #references: (name: string) => readonly Placed[];
  readonly #hasTables: boolean;

  /**
   * @param references where a name stands for a value
   * @param hasTables false: of no table is certain what it holds
   */
  constructor(references: (name: string) => readonly Placed[], hasTables: boolean) {
    this.#references = references;
    this.#hasTables = hasTables;
  }

  /**
   * The functions that what stands in an argument is handed to, each with the parameter that takes it; without one it is
   * not taken.
   * @throws Unknown
   */
  *handedTo({ node, above, key }: Placed): Generator<AnyNode> {
    if (above?.node.type !== 'CallExpression' || key !== 'arguments') throw new Unknown();
    const { arguments: given, callee } = above.node;
    const place = given.indexOf(node as (typeof given)[number]);
    if (given.slice(0, place).some(({ type }) => type === 'SpreadElement')) throw new Unknown();
    const reached = new Set<FunctionNode>();
    this.#reach(callee, place, reached, new Set());
    for (const { params } of reached) {
      if (params.slice(0, place + 1).some(({ type }) => type === 'RestElement')) throw new Unknown();
      const taking = params[place];
      if (taking !== undefined) yield taking;
    }
  }

  #reach(callee: AnyNode, place: number, reached: Set<FunctionNode>, seen: Set<AnyNode>): void {
    if (seen.has(callee)) return;
    seen.add(callee);
    const reach = (node: AnyNode) => this.#reach(node, place, reached, seen);
    if (isFunction(callee)) reached.add(callee);
    else if (callee.type === 'Identifier') reach(this.#valueOf(callee.name));
    else if (callee.type === 'ChainExpression') reach(callee.expression);
    else if (callee.type === 'LogicalExpression') {
      reach(callee.left);
      reach(callee.right);
    } else if (callee.type === 'ConditionalExpression') {
      reach(callee.consequent);
      reach(callee.alternate);
    } else if (callee.type === 'MemberExpression' && callee.object.type === 'Identifier') {
      // What all objects have may be called as well, and some of that hands its first argument back.
      if (place === 0) throw new Unknown();
      for (const value of this.#tableOf(callee.object.name)) reach(value);
    } else throw new Unknown();
  }

  /** What a name stands for that is bound once and never given anything else. */
  #valueOf(name: string): AnyNode {
    const [binding, ...others] = this.#references(name).filter((each) => isBinding(each) || isWritten(each));
    if (binding === undefined || others.length > 0 || !isBinding(binding)) throw new Unknown();
    const holder = binding.above!.node;
    if (holder.type === 'FunctionDeclaration' && binding.key === 'id') return holder;
    if (holder.type === 'VariableDeclarator' && holder.init) return holder.init;
    throw new Unknown();
  }

  /** The values of an object that is only ever looked into. */
  #tableOf(name: string): AnyNode[] {
    if (!this.#hasTables) throw new Unknown();
    for (const each of this.#references(name)) if (!isBinding(each)) this.#mustOnlyLook(each);
    const value = this.#valueOf(name);
    return membersOfTable(this.#lookOf(value) === 'freeze' ? (value as CallExpression).arguments[0]! : value);
  }

  #mustOnlyLook(use: Placed): void {
    const { node } = use.above!;
    if (node.type === 'MemberExpression' && use.key === 'object' && !isWritten(use.above!)) return;
    if (node.type === 'BinaryExpression' && node.operator === 'in' && use.key === 'right') return;
    if (use.key !== 'arguments' || !ONLY_LOOKS.has(this.#lookOf(node) ?? '')) throw new Unknown();
  }

  /** The `hasOwn` of `Object.hasOwn(…)`; null for everything else. */
  #lookOf(node: AnyNode): string | null {
    if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return null;
    const { object, property, computed } = node.callee;
    if (object.type !== 'Identifier' || object.name !== 'Object') return null;
    for (const each of this.#references('Object')) keyTaken(each);
    return nameOf(property, computed);
  }
}

function membersOfTable(table: AnyNode): AnyNode[] {
  if (table.type !== 'ObjectExpression') throw new Unknown();
  return table.properties.map((each) => {
    if (each.type !== 'Property' || each.kind !== 'init') throw new Unknown();
    return each.value;
  });
}
