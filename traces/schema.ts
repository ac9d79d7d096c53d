/**
 * The trace format, version 1: a run that breaks a property, as a file. The schedule is the run's cause and is enough
 * to repeat it; the steps say what happened, and show whether code has changed since. No time stamps, no machine paths.
 */
import { z } from 'zod';
import { barrierEditKinds, barrierOrders, memoryModelNames, steppedKinds } from '../checker/index.ts';

export const TRACE_FORMAT = 'vqcheck-trace';
export const TRACE_VERSION = 1;
/** Characters of a file, and steps of a run, that are read at all. */
export const MAX_TRACE_CHARACTERS = 16 * 1024 * 1024;
export const MAX_TRACE_STEPS = 100_000;

const name = z.string().min(1).max(200);
const index = z.int().min(0);

const entrySchema = z
  .tuple([z.enum(['step', 'drain', 'enter', 'wake']), name, index])
  .describe(
    'One choice: its kind, who makes it, and in which of its ways. step: the agent makes its next access; the way is the ' +
      'result of choose, or the message read (0 = newest). drain: a store of the core becomes visible; the way is the ' +
      'location drained. enter: the handler is entered. wake: the agent, asleep, wakes for no reason.',
  );

const stepSchema = z.strictObject({
  agent: name.describe('Agent that made the step; for a drain its core.'),
  op: z
    .string()
    .nullable()
    .describe('Operations open at the access, outermost first, with " > " between them.'),
  access: z
    .string()
    .min(1)
    .describe(
      'load, store, rmw, cas, fence, read, write, choose, action, pause, spin, drain; of interrupts: ring, clear, enable, ' +
        'disable, mask, unmask, wait, wake, give, take, enter.',
    ),
  location: z.string().nullable().describe('Location, or name of the action, the line or the semaphore.'),
  order: z.string().nullable(),
  value: z
    .union([z.number(), z.string()])
    .nullable()
    .describe('Loaded, stored or chosen; payload bytes as hexadecimal digits.'),
  readFrom: index
    .nullable()
    .describe('Index of the step that stored what was read; null: it stood there at first.'),
  site: z.string().nullable().describe('File, relative to the package, and line of the access.'),
});

export const traceSchema = z
  .strictObject({
    format: z.literal(TRACE_FORMAT),
    version: z.literal(TRACE_VERSION),
    target: name,
    scenario: name,
    params: z
      .object({
        slots: z.int().min(1).describe('Slots of each queue.'),
        indexModulus: z.int().min(1).nullable().describe('Modulus of the indices; null where there is none.'),
        realistic: z.boolean().optional().describe('Indices as shipped, messages of real size.'),
      })
      .catchall(z.union([z.number(), z.string(), z.boolean(), z.null()])),
    memory: z.enum(memoryModelNames),
    defects: z.array(name),
    barriers: z
      .array(
        z.strictObject({
          site: z.string().min(1).max(1000).describe('File, relative to the package, and line.'),
          kind: z.enum(steppedKinds),
          operation: name.nullable().describe('Only within this operation; null: in whatever operation.'),
          edit: z
            .enum(barrierEditKinds)
            .describe(
              'weaken: it orders no more than this (none: the fence is left out). Or a fence is put beside it.',
            ),
          order: z.enum(barrierOrders),
        }),
      )
      .max(1000)
      .optional()
      .describe('Fences left out, orderings weakened and fences put in while the code, unchanged, was run.'),
    cells: z
      .array(
        z.strictObject({
          memory: z.int().min(-1).describe('-1: the shared memory; otherwise the core whose own it is.'),
          byteOffset: index,
          bytes: z.int().min(1),
          block: z.boolean(),
        }),
      )
      .max(MAX_TRACE_STEPS)
      .optional()
      .describe(
        'Shared locations that only the search found out about: they tell what the steps of the schedule are.',
      ),
    schedule: z.array(entrySchema).max(MAX_TRACE_STEPS),
    steps: z.array(stepSchema).max(MAX_TRACE_STEPS).describe('What each entry of the schedule did.'),
    cycleStart: index
      .nullable()
      .describe(
        'For a run without end: the step with which its cycle begins; the last step leads back to where it began. The number ' +
          'of steps: nothing happens any more. Null: the violation is in the last step, or in what can no longer happen after it.',
      ),
    violation: z.strictObject({
      property: name,
      message: z.string(),
      step: z.int().min(-1).describe('Index of the last step; -1: broken before the first one.'),
    }),
  })
  .describe('A run of vqcheck that breaks a property.');

export type Trace = z.infer<typeof traceSchema>;
export type TraceStep = Trace['steps'][number];
export type TraceEntry = Trace['schedule'][number];

/** JSON Schema (draft 2020-12) of a trace, as published in `traces/schema.json`. */
export function traceSchemaDocument(): Record<string, unknown> {
  return { title: 'vqcheck trace, version 1', ...z.toJSONSchema(traceSchema) };
}
