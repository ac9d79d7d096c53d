import { builtInProperties, LayoutMap, type MemoryPort, program, type System, type Target } from 'vqcheck';
import { struct, u32, viewOf } from 'vqcheck/memory';

/** Shared memory: a flag, and behind it room for one letter. The flag is what orders the two cores. */
const mailbox_t = struct('mailbox_t', { full: u32('acquire', 'release') });
const LETTER = 8;

/** The code under check. It reaches memory only through the port; `op` marks its operations. */
class Mailbox {
  readonly #port: MemoryPort;
  readonly #box;

  constructor(port: MemoryPort) {
    this.#port = port;
    this.#box = viewOf(mailbox_t, port, 'shared', 0);
  }

  /** Sender: whether the box is empty, and now the sender's to fill. */
  open = (): boolean => this.#port.op('open', {}, () => this.#box.full === 0);
  /** Sender: hands the letter over. */
  post = (): boolean => this.#port.op('post', {}, () => this.#mark(1));
  /** Receiver: whether there is a letter, and now the receiver's to read. */
  take = (): boolean => this.#port.op('take', {}, () => this.#box.full === 1);
  /** Receiver: gives the box back. */
  clear = (): boolean => this.#port.op('clear', {}, () => this.#mark(0));

  #mark(full: 0 | 1): boolean {
    this.#box.full = full;
    return true;
  }
}

/** Sends letters 0, 1, 2, 0, … without end. Its state, the next letter, is all that it keeps between two turns. */
const sender = program<number>(0, (port) => {
  const box = new Mailbox(port);
  return (letter) => {
    if (!box.open()) return letter;
    port.writeRange(LETTER, Uint8Array.of(letter));
    box.post();
    return (letter + 1) % 3;
  };
});

const receiver = program<null>(null, (port) => {
  const box = new Mailbox(port);
  return () => {
    if (box.take()) {
      port.readRange(LETTER, new Uint8Array(1));
      box.clear();
    }
    return null;
  };
});

/** Who owns the letter when: what is acquired moves when the operation returns, what is released when it is called. */
const [codes, succeeded] = [null, (result: unknown) => result === true];
const operations: System['operations'] = {
  open: {
    codes,
    succeeded,
    onReturn: (_, result) => (result ? { event: 'reserve', address: LETTER } : null),
  },
  post: { codes, succeeded, onCall: () => ({ event: 'publish', address: LETTER, length: 1 }) },
  take: {
    codes,
    succeeded,
    onReturn: (_, result) => (result ? { event: 'take', address: LETTER, length: 1 } : null),
  },
  clear: { codes, succeeded, onCall: () => ({ event: 'release', address: LETTER }) },
};

export const mailbox: System = {
  title: 'mailbox',
  sharedBytes: 16,
  localBytes: 0,
  cores: ['left', 'right'],
  agents: [
    { name: 'sender', core: 0, program: sender },
    { name: 'receiver', core: 1, program: receiver },
  ],
  slots: [{ name: 'letter', address: LETTER, lengthBytes: 1, queue: 0 }],
  queues: 1,
  operations,
  names: new LayoutMap().place('box', 'shared', mailbox_t, 0).placeBytes('letter', 'shared', LETTER, 1),
  setup: () => undefined, // memory begins as zeros: an empty box
  properties: builtInProperties,
  witnesses: [],
  accessBound: 10,
};

export const target: Target = {
  name: 'mailbox',
  title: 'a mailbox for one letter',
  memories: ['sc', 'tso'],
  properties: builtInProperties.map(({ name }) => name),
  defects: [],
  scenarios: [
    {
      name: 'letters',
      title: 'one sends, one receives, without end',
      defaultSlots: [1],
      moreSlots: [],
      refuse: () => null,
      expected: () => 'proved',
      bounds: () => ({}),
      indexModulus: () => null,
      system: () => mailbox,
    },
  ],
};
