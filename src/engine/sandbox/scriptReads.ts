/**
 * What a program reads of the payload of an event, as far as its source tells for certain. Nothing else of the payload has
 * to be brought to it then, nor read from the disk.
 *
 * A name of the event or of its payload may stand only where a key is taken from it by name, or where it is handed to
 * functions of the program that are known for certain: by their name, or in a table of handlers. A program that does
 * anything else with one of them (spreads it, lists its keys) may read all of it.
 */
import { type AnyNode, type Expression, type Identifier, type Program, parse } from 'acorn';
import { altersTables, Calls } from './scriptCalls.ts';
import {
  type FunctionNode,
  isBinding,
  isFunction,
  isReference,
  keyTaken,
  membersOf,
  nodesIn,
  type Placed,
  Unknown,
} from './scriptNodes.ts';

/** Known of an event without its value. */
const BESIDE = new Set(['type', 'version', 'occurredAt', 'recordedAt', 'aggregateType', 'aggregateId']);

/** What `reduce` can read of an event. */
export interface ScriptReads {
  /** Keys of its payload. */
  payload: ReadonlySet<string>;
  /** What it reads beside the payload; never the event id or the whole value. */
  beside: ReadonlySet<string>;
}
/** They see what has no name. */
const SEES_ALL = new Set(['arguments', 'eval']);

/**
 * What `reduce` can read; null: anything. Keys that all objects inherit count as that.
 * @param code JavaScript of a module
 */
export function readsOf(code: string): ScriptReads | null {
  try {
    return new Reading(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }));
  } catch (error) {
    // What is no JavaScript is told of by the sandbox, which is to run it.
    if (error instanceof Unknown || error instanceof SyntaxError) return null;
    throw error;
  }
}

type Part = 'event' | 'payload';

class Reading implements ScriptReads {
  readonly payload = new Set<string>();
  readonly beside = new Set<string>();
  /** By name: what it stands for, wherever it is bound. */
  readonly #names = new Map<string, { is: Part; bindings: Set<AnyNode> }>();
  /** Names that came to be known and are not followed so far. */
  readonly #left: string[] = [];
  readonly #references: ReadonlyMap<string, Placed[]>;
  readonly #calls: Calls;

  constructor(program: Program) {
    const nodes = [...nodesIn({ node: program, above: null, key: '' })];
    this.#references = Map.groupBy(nodes.filter(isReference), ({ node }) => (node as Identifier).name);
    for (const name of SEES_ALL) if (this.#references.has(name)) throw new Unknown();
    this.#calls = new Calls((name) => this.#referencesTo(name), !nodes.some(altersTables));
    const { reduce, name } = reduceOf(program);
    // Of the name of the function itself: another one could take its place.
    if (name !== null && this.#referencesTo(name).some(({ key }) => key !== 'id')) throw new Unknown();
    const [state, event] = reduce.params;
    if (state?.type === 'RestElement') throw new Unknown();
    if (event !== undefined) this.#take('event', event);
    for (let next = this.#left.pop(); next !== undefined; next = this.#left.pop()) this.#follow(next);
    // Elsewhere the same name may stand for something else.
    for (const [name, { bindings }] of this.#names)
      if (this.#referencesTo(name).some((each) => isBinding(each) && !bindings.has(each.node)))
        throw new Unknown();
  }

  #referencesTo(name: string): readonly Placed[] {
    return this.#references.get(name) ?? [];
  }

  #take(part: Part, pattern: AnyNode): void {
    if (pattern.type === 'Identifier') this.#bind(part, pattern);
    else if (part === 'event') this.#event(pattern);
    else for (const [name] of membersOf(pattern)) this.#read(name);
  }

  #bind(is: Part, binding: Identifier): void {
    const known = this.#names.get(binding.name);
    if (known === undefined) {
      this.#names.set(binding.name, { is, bindings: new Set([binding]) });
      this.#left.push(binding.name);
    } else if (known.is === is) known.bindings.add(binding);
    else throw new Unknown();
  }

  #follow(name: string): void {
    const { is } = this.#names.get(name)!;
    for (const each of this.#referencesTo(name)) if (!isBinding(each)) this.#stands(is, each);
  }

  #stands(part: Part, use: Placed): void {
    const { above, key } = use;
    if (above?.node.type === 'VariableDeclarator' && key === 'init') this.#take(part, above.node.id);
    else if (above?.node.type === 'CallExpression' && key === 'arguments')
      for (const taking of this.#calls.handedTo(use)) this.#take(part, taking);
    else {
      const name = keyTaken(use);
      if (part === 'payload') this.#read(name);
      else if (name === 'data') this.#stands('payload', above!);
      else this.#readBeside(name);
    }
  }

  #event(pattern: AnyNode): void {
    for (const [name, value] of membersOf(pattern))
      if (name === 'data') this.#take('payload', value);
      else this.#readBeside(name);
  }

  #read(name: string): void {
    if (name in Object.prototype) throw new Unknown();
    this.payload.add(name);
  }

  #readBeside(name: string): void {
    if (!BESIDE.has(name)) throw new Unknown();
    this.beside.add(name);
  }
}

interface Reduce {
  reduce: FunctionNode;
  /** Inside of the module. */
  name: string | null;
}

/** The function that the sandbox takes. */
function reduceOf({ body }: Program): Reduce {
  let byDefault: Reduce | null = null;
  let byName: Reduce | null = null;
  for (const node of body) {
    if (node.type === 'ExportAllDeclaration') throw new Unknown();
    if (node.type === 'ExportDefaultDeclaration') {
      const { declaration } = node;
      if (!isFunction(declaration as AnyNode)) throw new Unknown();
      const reduce = declaration as FunctionNode;
      byDefault = { reduce, name: reduce.id?.name ?? null };
    }
    if (node.type !== 'ExportNamedDeclaration') continue;
    // Under another name than its own, or from elsewhere.
    if (node.specifiers.length > 0) throw new Unknown();
    const { declaration } = node;
    if (declaration?.type === 'FunctionDeclaration' && declaration.id.name === 'reduce')
      byName = { reduce: declaration, name: 'reduce' };
    if (declaration?.type === 'VariableDeclaration')
      for (const { id, init } of declaration.declarations) {
        if (id.type !== 'Identifier') throw new Unknown();
        if (id.name === 'reduce') byName = { reduce: functionOf(init), name: 'reduce' };
      }
  }
  const found = byName ?? byDefault;
  if (found === null) throw new Unknown();
  return found;
}

function functionOf(init: Expression | null | undefined): FunctionNode {
  if (init === null || init === undefined || !isFunction(init)) throw new Unknown();
  return init;
}
