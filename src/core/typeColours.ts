/** A colour for each event type of a workspace, so that types which are seen together differ as far as the palette allows. */

/**
 * Types are taken in their order, and each looks only at those before it: a type that comes later changes no colour.
 * @param types in the order in which they were first captured
 * @param groups types that are seen together, such as those of one kind of aggregate, each with how often it occurs
 * @param palette number of colours
 * @returns by place in `types`: a number below `palette`
 */
export function coloursOfTypes(
  types: readonly number[],
  groups: readonly ReadonlyMap<number, number>[],
  palette: number,
): number[] {
  const chosen = new Map<number, number>();
  const used = new Array<number>(palette).fill(0);
  return types.map((type) => {
    const taken = new Array<number>(palette).fill(0);
    for (const group of groups) {
      if (!group.has(type)) continue;
      for (const [other, times] of group) {
        const colour = chosen.get(other);
        if (colour !== undefined) taken[colour]! += times;
      }
    }
    let best = 0;
    for (let colour = 1; colour < palette; colour += 1)
      if ((taken[colour]! - taken[best]! || used[colour]! - used[best]!) < 0) best = colour;
    chosen.set(type, best);
    used[best]! += 1;
    return best;
  });
}
