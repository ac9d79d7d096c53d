/**
 * Finds out which locations a system has, and which of them several agents reach, by walking through it a turn at a
 * time before the search begins. What the walk misses, the search finds, and then starts anew; so this only saves
 * time, and decides nothing.
 */
import { type CellMap, SHARED } from './cells.ts';
import { DirectPort, type Image } from './directPort.ts';
import { plainCopy } from './plain.ts';
import { STOP, type System, type Turn } from './system.ts';
import { TargetError } from './targetError.ts';

/** The memory in which the agents start. @throws TargetError `setup-failed`. */
export function setUp(system: System): Image {
  const image: Image = {
    shared: new Uint8Array(system.sharedBytes),
    local: system.cores.map(() => new Uint8Array(system.localBytes)),
  };
  const ports = system.cores.map(
    (_, core) =>
      new DirectPort({
        image,
        core,
        nameOf: (memory, byteOffset, bytes) =>
          system.names.nameOf(memory === SHARED ? 'shared' : 'local', byteOffset, bytes, Math.max(memory, 0)),
      }),
  );
  try {
    system.setup(ports);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TargetError('setup-failed', `${system.title}: setting up the memory failed: ${message}`, {
      cause,
    });
  }
  return image;
}

/**
 * `stretch`: an agent takes up to so many turns before another one does. With 1, what is found is what everybody finds who
 * looks at the system; with more, queues get full and empty, and it counts as learned by whoever looked.
 */
export function discover(system: System, image: Image, cells: CellMap, stretch = 1): void {
  const copy: Image = { shared: image.shared.slice(), local: image.local.map((bytes) => bytes.slice()) };
  let seed = 1;
  const random = (count: number): number => {
    // Numerical Recipes' linear congruential generator: reproducible, and good enough to look around.
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 0x1_0000_0000) * count);
  };
  cells.discovering = true;
  const ports = system.agents.map(
    (spec, agent) =>
      new DirectPort({
        image: copy,
        core: spec.core,
        nameOf: (memory, byteOffset, bytes) => cells.nameOf(memory, byteOffset, bytes),
        onAccess: (memory, byteOffset, bytes, range, use) =>
          void cells.resolve(memory, byteOffset, bytes, range, agent, use),
        choose: random,
      }),
  );
  const turns: Turn[] = system.agents.map((spec, agent) => spec.program.start(ports[agent] as DirectPort));
  const states = system.agents.map((spec): ReturnType<Turn> => spec.program.initial);
  const patience = 2000 + 40 * system.slots.length;
  let learned = cells.learned;
  let agent = 0;
  let left = 0;
  for (let quiet = 0; quiet < patience; quiet++) {
    if (left === 0) {
      agent = random(turns.length);
      left = stretch === 1 ? 1 : 1 + random(stretch);
    }
    left--;
    const state = states[agent];
    if (state === STOP || state === undefined) continue;
    ports[agent]?.beginTurn();
    try {
      const copy = plainCopy(state, `the state of agent ${system.agents[agent]?.name}`);
      states[agent] = turns[agent]?.(copy) ?? STOP;
    } catch {
      // Also waiting in a loop for another agent, which no turn by turn can do; what makes the walk fail is the search's to find, with its trace: the others look on.
      states[agent] = STOP;
    }
    if (cells.learned !== learned) {
      learned = cells.learned;
      quiet = 0;
    }
  }
  if (stretch === 1) cells.endDiscovery();
  else cells.discovering = false;
}
