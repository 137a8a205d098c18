// What a test does inside the page: its own port to the engine, with frames made by hand, beside that of the app.

/** Runs in the page. Puts `window.probe` there; may be called again after the engine was restarted. */
export async function installProbe() {
  const nonce = crypto.randomUUID();
  const port = await new Promise((resolve) => {
    const receive = ({ source, data, ports }) => {
      if (source !== window || data?.type !== 'hindcast-port' || data.nonce !== nonce) return;
      window.removeEventListener('message', receive);
      resolve(ports[0]);
    };
    window.addEventListener('message', receive);
    window.hindcast.connectEngine(nonce);
  });
  const waiting = new Map();
  const probe = { closed: false, strays: [], lastId: 0 };
  port.onmessage = ({ data }) => {
    const length = new DataView(data.buffer, data.byteOffset).getUint32(0);
    const reply = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
    if (!waiting.has(reply.id)) return probe.strays.push(reply);
    waiting.get(reply.id)(reply.t === 'error' ? { error: reply.e } : { value: reply.v });
    waiting.delete(reply.id);
  };
  port.onclose = () => {
    probe.closed = true;
  };
  probe.raw = (value) => port.postMessage(value);
  probe.frame = (text) => {
    const bytes = new TextEncoder().encode(text);
    const frame = new Uint8Array(4 + bytes.length);
    new DataView(frame.buffer).setUint32(0, bytes.length);
    frame.set(bytes, 4);
    return frame;
  };
  probe.call = (path, input) =>
    new Promise((resolve) => {
      probe.lastId += 1;
      waiting.set(probe.lastId, resolve);
      port.postMessage(probe.frame(JSON.stringify({ t: 'call', id: probe.lastId, p: path, i: input })));
    });
  window.probe = probe;
}
