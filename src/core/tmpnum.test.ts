import Big from 'big.js'; import fc from 'fast-check'; import { expect, it } from 'vitest';
import { exactNumber, addText, subtractText } from './numbers.ts';
const dec = fc.oneof(fc.tuple(fc.constantFrom('','-'), fc.nat(99999), fc.stringMatching(/^\d{0,9}$/)).map(([m,n,d])=>m+n+(d?'.'+d:'')), fc.tuple(fc.constantFrom('','-'),fc.stringMatching(/^(0|[1-9]\d{0,18})(\.\d{1,12})?$/)).map(([a,b])=>a+b), fc.constantFrom('-0','0','-0.0','-0.00','0.0000001','0.00001','0.000012','0.00005'));
it('x', () => {
  fc.assert(fc.property(dec, (t) => { const r = exactNumber(t); if (String(Number(t))===t) expect(r).toBe(Number(t)); else expect((r as any).value).toBe(t); }), {numRuns: 30000});
  fc.assert(fc.property(dec, dec, (a,b) => { const p=Math.max((a.split('.')[1]??'').length,(b.split('.')[1]??'').length);
    expect([addText(a,b),subtractText(a,b)]).toEqual([new Big(a).plus(b).toFixed(p), new Big(a).minus(b).toFixed(p)]); }), {numRuns: 30000});
});
