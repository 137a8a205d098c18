/**
 * A place in the browser's top layer for what an editor shows beside its text. Columns and dialogs paint nothing outside
 * of themselves, and a list of suggestions is often taller than the editor under it. The place stands in the editor's
 * own root, so ids that the editor points assistive programs at still lead somewhere. Remove it with the editor.
 * @param root the root that the editor is in, connected to the document
 */
export function topLayerPlace(root: ShadowRoot): HTMLElement {
  const place = document.createElement('div');
  place.popover = 'manual';
  Object.assign(place.style, {
    position: 'fixed',
    inset: '0 auto auto 0',
    width: '0',
    height: '0',
    margin: '0',
    padding: '0',
    border: '0',
    overflow: 'visible',
    background: 'none',
    color: 'inherit',
  });
  root.append(place);
  place.showPopover();
  return place;
}
