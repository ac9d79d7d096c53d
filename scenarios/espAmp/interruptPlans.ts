/**
 * The ESP-AMP scenarios with interrupts: the software interrupt of both cores over their doorbells, handlers beside tasks
 * on one core, and what tasks do until they are woken.
 */
import type { AgentSpec, Line, Program, Semaphore, System, Witness } from '../../checker/index.ts';
import type { MemoryPort } from '../../memory/index.ts';
import { builtInProperties } from '../../properties/index.ts';
import type { Expectation, ScenarioParams } from '../target.ts';
import { acceptedSend } from './acceptedSend.ts';
import { inOrderReceiver } from './agents.ts';
import {
  type Callback,
  doorbellHandler,
  givingHandler,
  lateTask,
  type RingingSenderOptions,
  recheckingTask,
  registeringHandler,
  ringingSender,
  semaphoreTask,
  sleeper,
  wakingTask,
} from './interruptAgents.ts';
import { agents, empty, full, type Plan, type Tools } from './plan.ts';
import { type InterruptOptions, MASTER_CORE, OTHER_LINE, type Platform, REMOTE_CORE } from './platform.ts';

const interrupted: Witness = {
  name: 'interrupt taken',
  reached: (seen) => seen.kind === 'event' && seen.event.kind === 'enter',
};

/** The master's task, and on the remote's core a task and the handler of its doorbell. */
interface Cast {
  readonly platform: Platform;
  readonly master: Program;
  readonly task: Program;
  readonly handler: Program;
  /** Whether the task takes messages, and whether the handler does. */
  readonly taskReceives?: boolean;
  readonly handlerReceives?: boolean;
  /** Line of the handler; its core's doorbell if not given. */
  readonly line?: number;
  /** Nobody ever looks for more than there is. */
  readonly neverEmpty?: boolean;
}

function cast(parts: Cast, more: readonly AgentSpec[] = []): System {
  const { platform, master, task, handler, taskReceives, handlerReceives, line } = parts;
  const agents: AgentSpec[] = [
    { name: 'master', core: MASTER_CORE, program: master, receives: [] },
    { name: 'remote', core: REMOTE_CORE, program: task, receives: taskReceives === true ? [0] : [] },
    {
      name: 'remote isr',
      core: REMOTE_CORE,
      program: handler,
      interrupt: { line: line ?? REMOTE_CORE },
      receives: handlerReceives === false ? [] : [0],
    },
    ...more,
  ];
  const empties = parts.neverEmpty === true ? [] : [empty];
  return platform.system(agents, { witnesses: [full, ...empties, interrupted] });
}

/** The master of these scenarios: one message at a time; between two it may stop for good. */
function master(
  platform: Platform,
  { tags, length }: Tools,
  more: Partial<RingingSenderOptions> = {},
): Program {
  return ringingSender({ platform, queue: 0, tags, length, mayStop: true, ...more });
}

/** What breaks goes wild: a few messages show it, and their space has an end. */
function fewMessages({ slots }: ScenarioParams): { readonly messages: number } {
  return { messages: Math.min(slots + 1, 3) };
}

function handler(platform: Platform, callback: Callback, tools: Tools): Program {
  return doorbellHandler({ platform, core: REMOTE_CORE, callback, slip: tools.interruptSlip });
}

function lateEnabling(
  name: string,
  title: string,
  polls: 'masked' | 'unmasked' | undefined,
  expected: (params: ScenarioParams) => Expectation,
): Plan {
  const bounds = (params: ScenarioParams) => (polls === 'unmasked' ? fewMessages(params) : {});
  return {
    name,
    title,
    bounds,
    expected,
    system(params, tools) {
      const platform = tools.platform({ interrupts: { callbacks: false } });
      const late = { platform, core: REMOTE_CORE, enables: true, ...(polls === undefined ? {} : { polls }) };
      return cast({
        platform,
        master: master(platform, tools, bounds(params)),
        task: lateTask(late),
        handler: handler(platform, 'drain', tools),
        taskReceives: polls !== undefined,
      });
    },
  };
}

/** Both contexts take one message (X4): whatever comes after that goes wrong, too. */
function receivedTwice(): Expectation {
  return ['no-double-ownership', 'fifo'];
}

/** One buffer for both (X2); one that cannot be sent (X3); and from two slots on, messages that never arrive (X1). */
function sentTwice({ slots }: ScenarioParams): Expectation {
  const both = ['no-double-ownership', 'accepted-send'];
  return slots === 1 ? both : [...both, 'eventual-receipt'];
}

/** One semaphore, given by the handler of the doorbell and taken by the task. */
function semaphores(most: number): readonly Semaphore[] {
  return [{ name: 'semaphore', most }];
}

function withSemaphore(
  name: string,
  title: string,
  receives: 'one' | 'all',
  counting: boolean,
  expected?: Plan['expected'],
): Plan {
  return {
    name,
    title,
    ...(expected === undefined ? {} : { expected }),
    system({ slots }, tools) {
      const platform = tools.platform({ interrupts: { semaphores: semaphores(counting ? 2 * slots : 1) } });
      return cast({
        platform,
        master: master(platform, tools),
        task: semaphoreTask(platform, receives),
        handler: handler(platform, 'give', tools),
        taskReceives: true,
        handlerReceives: false,
        neverEmpty: receives === 'one',
      });
    },
  };
}

/** Two messages cannot become one interrupt where there is only one slot. */
function lostBeyondOneSlot({ slots }: ScenarioParams): Expectation {
  return slots === 1 ? 'proved' : ['lost-wakeup'];
}

/** A second context of the master's core that sends: raised from outside, whenever it pleases. */
const timer: Line = { name: 'main.timer', core: MASTER_CORE, trigger: 'edge', enabled: true, external: true };
/** The messages of the handler, apart from those of the task. */
const HANDLER_MARK = 0x40;

function twoSenders(name: string, title: string, masked: boolean, expected: Plan['expected']): Plan {
  const bounds = (params: ScenarioParams): { readonly messages?: number; readonly interrupts?: number } =>
    masked ? {} : { ...fewMessages(params), interrupts: 1 };
  return {
    name,
    title,
    bounds,
    ...(expected === undefined ? {} : { expected }),
    system(params, tools) {
      // The remote polls, and wants no doorbell.
      const platform = tools.platform({ interrupts: { lines: [timer] }, notify: () => () => 0 });
      const { tags, length, interruptSlip } = tools;
      const { messages = -1, interrupts = -1 } = bounds(params);
      const side = { platform, queue: 0, length };
      const locks = interruptSlip === 'unmasked-before-send' ? 'alloc' : 'whole';
      const task = ringingSender({ ...side, tags, messages, mayStop: true, ...(masked ? { locks } : {}) });
      const isr = ringingSender({ ...side, tags: 2, messages: interrupts, mark: HANDLER_MARK });
      return platform.system(
        [
          ...agents(task, inOrderReceiver({ platform, queue: 0 })),
          {
            name: 'master isr',
            core: MASTER_CORE,
            program: isr,
            interrupt: { line: OTHER_LINE },
            receives: [],
          },
        ],
        { witnesses: [full, empty, interrupted], properties: [...builtInProperties, acceptedSend] },
      );
    },
  };
}

function twoReceivers(name: string, title: string, masked: boolean, expected: Plan['expected']): Plan {
  const bounds = (params: ScenarioParams) => (masked ? {} : fewMessages(params));
  return {
    name,
    title,
    bounds,
    ...(expected === undefined ? {} : { expected }),
    system(params, tools) {
      const platform = tools.platform({ interrupts: {} });
      return cast({
        platform,
        master: master(platform, tools, bounds(params)),
        task: wakingTask(platform, REMOTE_CORE, masked),
        handler: handler(platform, 'drain', tools),
        taskReceives: true,
      });
    },
  };
}

/** An interrupt for each message: a line that counts, rung directly, without a word of bits behind it. */
function counting(slots: number): InterruptOptions {
  const line: Line = {
    name: 'sub.counting',
    core: REMOTE_CORE,
    trigger: 'edge',
    enabled: true,
    most: slots,
    announces: 0,
  };
  return { lines: [line], semaphores: semaphores(slots) };
}

export const interruptPlans: readonly Plan[] = [
  {
    name: 'isr-receive',
    title: 'the remote drains in its interrupt handler, its task sleeps; the master may stop for good',
    system(_params, tools) {
      const platform = tools.platform({ interrupts: {} });
      return cast({
        platform,
        master: master(platform, tools),
        task: sleeper(),
        handler: handler(platform, 'drain', tools),
      });
    },
  },
  {
    name: 'isr-one-per-interrupt',
    title: 'the remote receives one message an interrupt',
    expected: lostBeyondOneSlot,
    system(_params, tools) {
      const platform = tools.platform({ interrupts: {} });
      return cast({
        platform,
        master: master(platform, tools),
        task: sleeper(),
        handler: handler(platform, 'receive-one', tools),
        neverEmpty: true,
      });
    },
  },
  lateEnabling(
    'enable-late',
    'the remote registers its callback when messages may be there already',
    undefined,
    () => ['lost-wakeup'],
  ),
  lateEnabling(
    'enable-late-then-poll',
    'the remote registers late, then looks once with interrupts masked',
    'masked',
    () => 'proved',
  ),
  lateEnabling(
    'enable-late-then-poll-unmasked',
    'the remote registers late, then looks once, and its handler may come in between',
    'unmasked',
    receivedTwice,
  ),
  twoSenders(
    'isr-and-task-send',
    'a handler sends on the queue on which its task sends, without a lock',
    false,
    sentTwice,
  ),
  twoSenders(
    'isr-and-task-send-masked',
    'a handler sends on the queue on which its task sends, which masks interrupts from alloc to send',
    true,
    undefined,
  ),
  twoReceivers(
    'isr-and-task-receive',
    'a handler receives from the queue from which its task receives, without a lock',
    false,
    receivedTwice,
  ),
  twoReceivers(
    'isr-and-task-receive-masked',
    'a handler receives from the queue from which its task receives with interrupts masked',
    true,
    undefined,
  ),
  withSemaphore(
    'semaphore-receive-one',
    'the handler gives a binary semaphore, the task takes it for each message',
    'one',
    false,
    lostBeyondOneSlot,
  ),
  withSemaphore(
    'semaphore-receive-one-counting',
    'the handler gives a counting semaphore, the task takes it for each message',
    'one',
    true,
    lostBeyondOneSlot,
  ),
  {
    name: 'semaphore-receive-one-uncoalesced',
    title: 'the line counts its interrupts, and so does the semaphore that the task takes for each message',
    system({ slots }, tools) {
      const notify = (port: MemoryPort) => () => {
        // Nothing but this orders the doorbell after the slot's flags: there is no word of bits to do it.
        if (tools.interruptSlip !== 'doorbell-not-ordered') port.fence('release');
        return port.action('ring', OTHER_LINE);
      };
      const platform = tools.platform({ interrupts: counting(slots), notify });
      return cast({
        platform,
        master: ringingSender({ platform, queue: 0, tags: tools.tags, length: tools.length, mayStop: true }),
        task: semaphoreTask(platform, 'one'),
        handler: givingHandler(),
        taskReceives: true,
        handlerReceives: false,
        line: OTHER_LINE,
        neverEmpty: true,
      });
    },
  },
  withSemaphore(
    'semaphore-drain',
    'the handler gives a binary semaphore, the task takes it and drains',
    'all',
    false,
  ),
  withSemaphore(
    'semaphore-drain-counting',
    'the handler gives a counting semaphore, the task takes it and drains',
    'all',
    true,
  ),
  {
    name: 'polling-master-waits-for-space',
    title:
      'the remote gives buffers back only when it has them all; nobody tells the master, which polls for one',
    system(_params, tools) {
      const platform = tools.platform({ interrupts: {} });
      return cast({
        platform,
        master: master(platform, tools, { mayStop: false }),
        task: sleeper(),
        handler: handler(platform, 'drain-then-free', tools),
      });
    },
  },
  {
    name: 'sleep-after-recheck',
    title: 'the task receives by itself, and looks once more with interrupts masked before it sleeps',
    system(_params, tools) {
      const platform = tools.platform({ interrupts: { callbacks: false } });
      return cast({
        platform,
        master: master(platform, tools),
        task: recheckingTask(platform, REMOTE_CORE, tools.interruptSlip),
        handler: handler(platform, 'drain', tools),
        taskReceives: true,
        handlerReceives: false,
      });
    },
  },
  {
    name: 'duplex',
    title: 'both cores send, and receive by interrupt',
    bounds: ({ slots }) => (slots > 1 ? { messagesEachWay: 3 } : {}),
    // With 4 slots it is a matter of minutes: 30 million states and more.
    defaultSlots: [1, 2],
    moreSlots: [4],
    takesLong: ({ slots, memory }) => slots > 1 || memory !== 'sc',
    most: { sc: 4, tso: 4, pso: 2, rc11: 1 },
    system({ slots }, { platform: platformWith, tags, length }) {
      const platform = platformWith({ masters: [MASTER_CORE, REMOTE_CORE], interrupts: {} });
      const bound = slots > 1 ? { messages: 3 } : {};
      const cores = ['main', 'sub'].flatMap((name, core): AgentSpec[] => [
        {
          name,
          core,
          program: ringingSender({ platform, queue: core, tags, length, mayStop: true, ...bound }),
          receives: [],
        },
        {
          name: `${name} isr`,
          core,
          program: doorbellHandler({ platform, core, callback: 'drain' }),
          interrupt: { line: core },
          receives: [1 - core],
        },
      ]);
      return platform.system(cores, {
        witnesses: slots > 2 ? [empty, interrupted] : [full, empty, interrupted],
        finished: (states) => [states[0], states[2]].every((state) => state === null),
      });
    },
  },
  {
    name: 'init-clears-pending',
    title: 'the remote registers and initializes its interrupts when the master may have rung already',
    system(_params, tools) {
      const platform = tools.platform({ interrupts: { callbacks: false, doorbell: false } });
      return cast({
        platform,
        master: master(platform, tools),
        task: lateTask({ platform, core: REMOTE_CORE, enables: true, initialises: true }),
        handler: handler(platform, 'drain', tools),
      });
    },
  },
  {
    name: 'enable-without-callback',
    title: 'the remote first registers without a callback; only when it is told so does it register one',
    system(_params, tools) {
      const platform = tools.platform({ interrupts: { callbacks: false } });
      const late = { platform, core: REMOTE_CORE, enables: true, forgets: true, polls: 'masked' } as const;
      return cast({
        platform,
        master: master(platform, tools),
        task: lateTask(late),
        handler: handler(platform, 'drain', tools),
        taskReceives: true,
      });
    },
  },
  {
    name: 'two-contexts-enable',
    title: 'a handler registers another callback while the task registers its own, and then looks once',
    system(_params, tools) {
      const line: Line = {
        name: 'sub.other',
        core: REMOTE_CORE,
        trigger: 'edge',
        enabled: true,
        external: true,
      };
      const platform = tools.platform({ interrupts: { callbacks: false, lines: [line] } });
      return cast(
        {
          platform,
          master: master(platform, tools),
          task: lateTask({ platform, core: REMOTE_CORE, enables: true, polls: 'masked' }),
          handler: handler(platform, 'drain', tools),
          taskReceives: true,
        },
        [
          {
            name: 'other isr',
            core: REMOTE_CORE,
            program: registeringHandler(platform, REMOTE_CORE),
            interrupt: { line: OTHER_LINE },
            receives: [],
          },
        ],
      );
    },
  },
];
