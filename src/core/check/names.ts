/** Whether the name of an event type reads like a command instead of something that has happened. English only. */

/** Verbs that commands of business systems begin or end with, in the form of a command. */
const COMMANDS = new Set(
  `accept activate add adjust allocate approve archive assign authorise authorize block book calculate cancel capture change
  charge check clear close complete confirm correct create credit debit deactivate decline delete deliver deposit disable
  dispatch enable execute expire fail fulfil fulfill generate grant import initiate insert invite invoice issue merge move
  notify open pay place post process publish purchase receive refund register reject release remove rename request reserve
  return reverse revoke schedule send settle ship sign split start stop submit subscribe suspend terminate transfer unblock
  unsubscribe update validate verify void waive withdraw`.split(/\s+/),
);

/** Past forms of verbs that do not end in -ed. */
const IRREGULAR = new Set(
  `begun bought born broken built caught chosen done drawn driven fallen found forgotten given gone grown had held hit kept
  known laid led left lent let lost made met paid put read reset rebuilt repaid run said seen sent set shown shut sold spent
  split stolen struck sworn taken taught told thought thrown understood withdrawn won written`.split(/\s+/),
);

const wordsOf = (name: string): string[] =>
  name
    .split(/[^\p{L}\p{N}]+/u)
    .flatMap((part) =>
      /^[\p{Lu}\p{N}]+$/u.test(part) ? [part] : part.split(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/u),
    )
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());

/** True for `CreateOrder` and `order.update`; false for `OrderCreated`, and for names that hold no verb at all. */
export function readsLikeCommand(name: string): boolean {
  const words = wordsOf(name).filter((word) => !/^(?:v?\d+|event)$/.test(word));
  if (words.some((word) => IRREGULAR.has(word) || (word.endsWith('ed') && word.length > 3))) return false;
  return words.length > 1 && (COMMANDS.has(words[0]!) || COMMANDS.has(words.at(-1)!));
}
