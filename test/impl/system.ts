import {
  ESP_OK,
  type EspAmpClasses,
  esp_amp_queue_t,
  espAmpClasses,
  handlersBytes,
  type Queue,
  type QueueOptions,
  type SharedGeometry,
  type SwIntr,
  type SysInfo,
  sharedGeometry,
} from 'vqcheck/impl';
import { LivePort, type View, viewOf } from 'vqcheck/memory';
import { RecordingPort } from './recordingPort.ts';

/** Entries of a core's handler table. */
export const HANDLERS = 2;

/** One core: its port, its handle and its own memory. */
export type Core = {
  readonly port: RecordingPort;
  readonly local: ArrayBuffer;
  readonly queue: Queue;
  readonly sysInfo: SysInfo;
  /** With room for this many handlers: `HANDLERS`. */
  readonly swIntr: SwIntr;
  readonly handle: View<typeof esp_amp_queue_t.fields>;
};

/** The two cores over one shared memory. */
export type System = {
  readonly geometry: SharedGeometry;
  readonly shared: SharedArrayBuffer;
  readonly main: Core;
  readonly sub: Core;
  /** Every byte of all memories. */
  bytes(): number[];
};

/** Two cores, sys_info initialized, no queue yet. */
export function newSystem(
  options: QueueOptions = {},
  classes: EspAmpClasses = espAmpClasses(),
  hpBytes = 4096,
  rtcBytes = 256,
): System {
  const geometry = sharedGeometry(hpBytes, rtcBytes);
  const shared = new SharedArrayBuffer(geometry.sharedBytes);
  const core = (name: 'main' | 'sub'): Core => {
    const local = new ArrayBuffer(8 * Math.ceil((esp_amp_queue_t.bytes + handlersBytes(HANDLERS)) / 8));
    const nothing = (): number => 0;
    const actions = { ring: nothing, clear: nothing, enable: nothing, mask: nothing, unmask: nothing };
    const live = new LivePort({ shared, local, actions });
    const port = new RecordingPort(live);
    const queue = new classes.Queue(port, 0, { callback: 1, ...options });
    const sysInfo = new classes.SysInfo(port, geometry);
    const [own_line, peer_line] = name === 'main' ? [0, 1] : [1, 0];
    const swIntr = new classes.SwIntr(port, esp_amp_queue_t.bytes, {
      core: name,
      own_line,
      peer_line,
      functions: [],
      table_length: HANDLERS,
    });
    return { port, local, queue, sysInfo, swIntr, handle: viewOf(esp_amp_queue_t, live, 'local', 0) };
  };
  const [main, sub] = [core('main'), core('sub')];
  main.sysInfo.init();
  const bytes = (): number[] =>
    [shared, main.local, sub.local].flatMap((buffer) => [...new Uint8Array(buffer)]);
  return { geometry, shared, main, sub, bytes };
}

/** The same with a queue of `slots` buffers of `size` bytes, from the main core to the sub core. */
export function newQueue(
  slots: number,
  size: number,
  options: QueueOptions = {},
  classes: EspAmpClasses = espAmpClasses(),
): System {
  const system = newSystem(options, classes);
  const { main, sub } = system;
  if (main.queue.main_init(main.sysInfo, slots, size, true, 1) !== ESP_OK)
    throw new Error('main_init failed');
  if (sub.queue.sub_init(sub.sysInfo, false, 1) !== ESP_OK) throw new Error('sub_init failed');
  main.port.accesses.length = 0;
  sub.port.accesses.length = 0;
  return system;
}

/** An out-parameter that holds something else than any operation would put there. */
export function newOut(): { address: number; size: number } {
  return { address: -1, size: -1 };
}
