/** Texts and bytes of a guest, brought over in one piece. */
import type { Lifetime, QuickJSContext, QuickJSHandle } from 'quickjs-emscripten-core';

/** Where texts are encoded; grows with the longest, and is only used until it was copied. */
let scratch = Buffer.allocUnsafe(64 * 1024);

/** What a context of QuickJS keeps to itself, as far as it is needed for that. */
interface ContextParts {
  memory: {
    newHeapBufferPointer(bytes: Uint8Array): Lifetime<{ pointer: number }>;
    heapValueHandle(pointer: number): QuickJSHandle;
  };
  ffi: {
    QTS_NewString(context: number, text: number): number;
    QTS_NewArrayBuffer(context: number, bytes: number, length: number): number;
  };
  ctx: { value: number };
}
const partsOf = (context: QuickJSContext) => context as unknown as ContextParts;

/**
 * A text of the guest. As `newString`, which goes through the text twice character by character and so takes longer
 * than the guest does to fold what it says.
 */
export function guestText(context: QuickJSContext, text: string): QuickJSHandle {
  const { memory, ffi, ctx } = partsOf(context);
  const most = text.length * 3 + 1;
  if (scratch.length < most) scratch = Buffer.allocUnsafe(most * 2);
  const written = scratch.write(text, 'utf8');
  scratch[written] = 0;
  return memory
    .newHeapBufferPointer(scratch.subarray(0, written + 1))
    .consume(({ value }) => memory.heapValueHandle(ffi.QTS_NewString(ctx.value, value.pointer)));
}

/** An ArrayBuffer of the guest, which frees the copy made here. */
export function guestNumbers(context: QuickJSContext, numbers: Float64Array): QuickJSHandle {
  const { memory, ffi, ctx } = partsOf(context);
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const { pointer } = memory.newHeapBufferPointer(bytes).value;
  return memory.heapValueHandle(ffi.QTS_NewArrayBuffer(ctx.value, pointer, bytes.length));
}

/** Copies what the guest has written into an ArrayBuffer of its own. @param numbers as many as that holds */
export function copyNumbers(context: QuickJSContext, buffer: QuickJSHandle, numbers: Float64Array): void {
  const bytes = context.getArrayBuffer(buffer);
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength).set(bytes.value);
  bytes.dispose();
}
