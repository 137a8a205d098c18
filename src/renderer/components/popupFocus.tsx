import { type ComponentProps, type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { focusRestsAt } from '../lib/keys.ts';

interface Focusable {
  focus(options?: FocusOptions): void;
}

/** What a popup takes the focus with; none: it takes its first control, else itself. */
type FirstFocus = (popup: HTMLElement) => Focusable | null | undefined;

const CONTROLS = 'a[href],button,input,select,textarea,summary,[tabindex],[contenteditable]';

/** What Tab stops at inside of an element, in the order of the page. */
export const controlsIn = (element: HTMLElement): HTMLElement[] =>
  [...element.querySelectorAll<HTMLElement>(CONTROLS)].filter(
    (each) => each.tabIndex >= 0 && !each.matches(':disabled') && each.checkVisibility(),
  );

type Control = HTMLElement | SVGElement;

/** The focused element, also inside of an editor; null: the focus is nowhere. */
function focused(): Control | null {
  let at: Element | null = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (at === document.body) return null;
  return at instanceof HTMLElement || at instanceof SVGElement ? at : null;
}

const isInside = (popup: HTMLElement | null): boolean => popup?.contains(document.activeElement) === true;

/** Where the focus belongs after popups that were taken away with it, until the task ends in which that happened. */
let orphaned: Control | null = null;

/**
 * The focus of a popup: it is inside in the same task that opens the popup, and back where it was in the task that closes
 * it. Base UI moves it with an animation frame and gives it back after the last one of the popup; keys that a person has
 * pressed by then would land in the page behind it, or a second time in what was just answered. Nobody who has gone on
 * elsewhere is fetched back. Spread the result into a `Popup` of Base UI.
 * @param isModal Tab goes round in it, and does so at once
 */
export function usePopupFocus(first?: FirstFocus, isModal = false) {
  const popup = useRef<HTMLDivElement>(null);
  return {
    ref: popup,
    // Given back below.
    finalFocus: false as const,
    render: (props: ComponentProps<'div'>, { open }: { open: boolean }) => (
      <div {...props}>
        {props.children}
        <FocusKeeper popup={popup} isOpen={open} first={first} isModal={isModal} />
      </div>
    ),
  };
}

interface KeeperProps {
  popup: RefObject<HTMLElement | null>;
  isOpen: boolean;
  first: FirstFocus | undefined;
  isModal: boolean;
}

/** Stands last in a popup, so that what is before it is ready to take the focus. */
function FocusKeeper({ popup, isOpen, first, isModal }: KeeperProps) {
  const wasOpen = useRef(false);
  const before = useRef<Control | null>(null);
  // While it renders: a field that takes the focus by itself does so before any effect of the popup.
  if (isOpen && !wasOpen.current) before.current = focused() ?? orphaned;
  wasOpen.current = isOpen;

  // After the effects that make editors. React runs it at once: the popup came with an effect of layout.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once each time it opens.
  useEffect(() => {
    const element = popup.current;
    if (!isOpen || element === null || isInside(element)) return;
    (first?.(element) ?? controlsIn(element)[0] ?? element).focus({ preventScroll: true });
    if (!isInside(element)) element.focus({ preventScroll: true });
  }, [isOpen]);

  useEffect(() => {
    const element = popup.current;
    if (!isOpen || !isModal || element === null) return;
    const onFocusIn = (event: FocusEvent) => {
      if (event.target === element.nextElementSibling) goTo(0);
      else if (event.target === element.previousElementSibling) goTo(-1);
      else return;
      // Base UI would do the same with the next frame, wherever the focus is by then.
      event.stopImmediatePropagation();
    };
    const goTo = (index: number) => (controlsIn(element).at(index) ?? element).focus();
    addEventListener('focusin', onFocusIn, true);
    return () => removeEventListener('focusin', onFocusIn, true);
  }, [isOpen, isModal, popup]);

  useLayoutEffect(() => {
    const element = popup.current;
    if (isOpen || element === null) return;
    const back = () => giveBack(before.current);
    if (isInside(element) || focused() === null) back();
    // Base UI takes the focus of a control that has gone into the popup, also when the popup is closed.
    element.addEventListener('focusin', back);
    return () => element.removeEventListener('focusin', back);
  }, [isOpen, popup]);

  useLayoutEffect(
    () => () => {
      const last = before.current;
      if (isInside(popup.current)) orphaned = last;
      // By then it is gone, and what was opened in its place has the focus.
      queueMicrotask(() => {
        if (focused() === null) giveBack(last);
        orphaned = null;
      });
    },
    [popup],
  );
  return null;
}

/**
 * Without a place to go back to, such as when the popup led to another screen: to the list of the screen, or nowhere until
 * that list comes. Never does it stay in what is closed.
 */
function giveBack(to: Control | null): void {
  const list = () => document.querySelector<HTMLElement>('[data-takes-focus]');
  const target = to?.isConnected ? to : list();
  if (target === null) focused()?.blur();
  else {
    target.focus({ preventScroll: true });
    focusRestsAt(target);
  }
}
