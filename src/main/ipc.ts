import { type IpcMainEvent, type IpcMainInvokeEvent, ipcMain, type WebContents } from 'electron';
import type { z } from 'zod';
import { isOwnPage } from './address.ts';
import type { Log } from './log.ts';

/** The only door for messages of pages. Every sender and every argument is checked before a handler sees them. */
export interface Ipc {
  /** A request with an answer. What the handler throws reaches the page as one plain sentence. */
  handle<T extends z.ZodTuple>(
    channel: string,
    args: T,
    handler: (sender: WebContents, ...values: z.output<T>) => Promise<unknown>,
  ): void;
  /** A message without an answer. */
  listen<T extends z.ZodTuple>(
    channel: string,
    args: T,
    handler: (sender: WebContents, ...values: z.output<T>) => void,
  ): void;
}

/** @param isOurs whether web contents belong to a window of the factory */
export function createIpc(isOurs: (contents: WebContents) => boolean, log: Log): Ipc {
  const trusted = ({ sender, senderFrame }: IpcMainEvent | IpcMainInvokeEvent, channel: string): boolean => {
    const own = isOurs(sender) && senderFrame !== null && senderFrame.parent === null;
    if (own && isOwnPage(senderFrame.url)) return true;
    log('warn', 'a message of a foreign sender was refused', { channel });
    return false;
  };
  const parse = <T extends z.ZodTuple>(args: T, values: unknown[], channel: string) => {
    const parsed = args.safeParse(values);
    if (!parsed.success) log('warn', 'a message with wrong arguments was refused', { channel });
    return parsed;
  };
  return {
    handle(channel, args, handler) {
      ipcMain.handle(channel, async (event, ...values) => {
        const parsed = parse(args, values, channel);
        if (!trusted(event, channel) || !parsed.success) throw new Error('refused');
        return handler(event.sender, ...parsed.data);
      });
    },
    listen(channel, args, handler) {
      ipcMain.on(channel, (event, ...values) => {
        const parsed = parse(args, values, channel);
        if (trusted(event, channel) && parsed.success) handler(event.sender, ...parsed.data);
      });
    },
  };
}
