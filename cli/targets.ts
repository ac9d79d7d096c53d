/** Finds targets: built in by name, or in a module of the user's by path. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import * as checker from '../checker/index.ts';
import * as impl from '../impl/index.ts';
import * as root from '../index.ts';
import * as ledger from '../ledger/index.ts';
import * as memory from '../memory/index.ts';
import * as model from '../model/index.ts';
import * as properties from '../properties/index.ts';
import * as scenarios from '../scenarios/index.ts';
import { builtInTargets, type Target } from '../scenarios/index.ts';
import { nearNames, UsageError } from './errors.ts';

export interface LoadedTarget {
  readonly target: Target;
  /** What to type for it: its name, or the path it was given by. */
  readonly asTyped: string;
  /** Folder of the module, for source lines; null for built-in targets. */
  readonly folder: string | null;
}

/** All built-in targets. */
export function allTargets(): readonly LoadedTarget[] {
  return builtInTargets.map((target) => ({ target, asTyped: target.name, folder: null }));
}

const looksLikeModule = /[/\\]|\.[cm]?[jt]s$/;

/** The target of this name or path. @throws UsageError `unknown-target`, `file-not-found`, `bad-target-module`. */
export async function loadTarget(nameOrPath: string): Promise<LoadedTarget> {
  const builtIn = builtInTargets.find(({ name }) => name === nameOrPath);
  if (builtIn !== undefined) return { target: builtIn, asTyped: nameOrPath, folder: null };
  if (looksLikeModule.test(nameOrPath)) return loadModule(nameOrPath);
  const names = builtInTargets.map(({ name }) => name);
  throw new UsageError('unknown-target', `unknown target "${nameOrPath}"`, {
    expected: `one of ${names.join(', ')}, or the path of a module that exports \`target\`, such as ./my-queue.ts`,
    found: nameOrPath,
    suggestions: nearNames(nameOrPath, names),
  });
}

/**
 * The user's module gets this very package, whatever it finds installed: two copies would not agree on what `STOP` is.
 */
const ownModules: Readonly<Record<string, unknown>> = {
  vqcheck: root,
  'vqcheck/checker': checker,
  'vqcheck/impl': impl,
  'vqcheck/ledger': ledger,
  'vqcheck/memory': memory,
  'vqcheck/model': model,
  'vqcheck/properties': properties,
  'vqcheck/scenarios': scenarios,
};

async function loadModule(path: string): Promise<LoadedTarget> {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new UsageError('file-not-found', `cannot load ${path}`, {
      expected: 'a module that exports `target`',
      found: 'no such file',
    });
  }
  // Loaded only when it is needed: it costs a seventh of the time that a short command takes.
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, { fsCache: false, virtualModules: { ...ownModules } });
  let exported: unknown;
  try {
    exported = await jiti.import(file);
  } catch (cause) {
    throw new UsageError('bad-target-module', `${path} failed while it was loaded`, {
      expected: 'a module that loads and exports `target`',
      found: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
      advice: 'mend what it says, and try again',
      cause,
    });
  }
  return { target: targetOf(exported, path), asTyped: path, folder: dirname(file) };
}

const callable = z.custom<unknown>((value) => typeof value === 'function', 'expected a function');
const name = z.string().min(1);
const size = z.number().int().min(1);
const memoryName = z.enum([...checker.memoryModelNames]);

/** What is looked at before a target is used; `Target` in `scenarios/target.ts` says what each part means. */
const targetShape = z.object({
  name,
  title: z.string(),
  scenarios: z
    .array(
      z.object({
        name,
        title: z.string(),
        defaultSlots: z.array(size).min(1),
        moreSlots: z.array(size),
        refuse: callable,
        expected: callable,
        bounds: callable,
        indexModulus: callable,
        system: callable,
      }),
    )
    .min(1),
  defects: z.array(
    z.object({ name, title: z.string(), scenario: name, slots: size, memory: memoryName, property: name }),
  ),
  memories: z.array(memoryName).min(1),
  properties: z.array(name),
});

function targetOf(exported: unknown, path: string): Target {
  const isModule = typeof exported === 'object' && exported !== null;
  const target: unknown = isModule && 'target' in exported ? exported.target : undefined;
  if (target === undefined) {
    const names = isModule ? Object.keys(exported).filter((key) => key !== '__esModule') : [];
    throw new UsageError('bad-target-module', `${path} exports no \`target\``, {
      expected: 'the named export `target`',
      found: names.length === 0 ? 'no export' : `exports ${names.join(', ')}`,
    });
  }
  const checked = targetShape.safeParse(target);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const place = ['target', ...(issue?.path ?? [])]
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
      .join('')
      .slice(1);
    throw new UsageError('bad-target-module', `${path}: ${place} is not what a target needs`, {
      expected: 'a Target, as documented in scenarios/target.ts',
      found: issue?.message ?? 'something else',
      advice: `mend ${place}; annotate \`export const target: Target\` and let tsc say more`,
    });
  }
  // Checked just now, down to which parts are functions; their results are checked where they are used.
  return target as Target;
}
