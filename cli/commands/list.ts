/** `vqcheck list`: what there is to check. */
import type { Command } from 'commander';
import { builtInProperties } from '../../properties/index.ts';
import type { Target } from '../../scenarios/index.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import { allTargets, loadTarget } from '../targets.ts';
import type { Colors, Terminal } from '../terminal.ts';
import { deliver, jsonDestination, jsonHelp, memoriesToCome } from './common.ts';

const examples = `
Examples:
  vqcheck list               every built-in target: its scenarios, memory models, properties and defects
  vqcheck list esp-amp
  vqcheck list --json -      names only, for a machine`;

/** Adds the verb to the program. `done` is told the exit code. */
export function addListCommand(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('list')
    .description('list targets, scenarios, memory models, properties and seeded defects')
    .argument('[target]', 'a built-in target by name, or a module by path; default: every built-in target')
    .option('--json <file>', jsonHelp)
    .addHelpText('after', examples)
    .action(async (name: string | undefined, { json }: { readonly json?: string }) => {
      const loaded = name === undefined ? allTargets() : [await loadTarget(name)];
      const targets = loaded.map(({ target }) => target);
      deliver(
        terminal,
        jsonDestination(json),
        () => listJson(targets),
        () => targets.map((target) => listText(target, terminal.out.colors)).join('\n'),
      );
      done(exitCodes.asExpected);
    });
}

function listJson(targets: readonly Target[]): string {
  const names = (items: readonly { readonly name: string }[]): readonly string[] =>
    items.map(({ name }) => name);
  const report = {
    targets: targets.map(({ name, scenarios, defects, properties, memories }) => ({
      name,
      scenarios: names(scenarios),
      defects: names(defects),
      properties,
      memories,
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function listText(target: Target, colors: Colors): string {
  const titles = new Map(builtInProperties.map(({ name, title }) => [name, title]));
  const sections: readonly (readonly [heading: string, rows: readonly (readonly string[])[]])[] = [
    [
      'scenarios (slots by default; and more)',
      target.scenarios.map(({ name, title, defaultSlots, moreSlots }) => {
        const more = moreSlots.length === 0 ? '' : `; ${moreSlots.join(', ')}`;
        return [name, `${title} (${defaultSlots.join(', ')}${more})`];
      }),
    ],
    ['properties', target.properties.map((name) => [name, titles.get(name) ?? ''])],
    [
      'seeded defects, and what catches them',
      target.defects.map(({ name, title, scenario, slots, memory, property }) => [
        name,
        `${title} (${property} in ${scenario}, ${slots} ${slots === 1 ? 'slot' : 'slots'}, ${memory})`,
      ]),
    ],
  ];
  const width = Math.max(...sections.flatMap(([, rows]) => rows.map(([name = '']) => name.length)));
  const toCome = memoriesToCome.length === 0 ? '' : ` (not available yet: ${memoriesToCome.join(', ')})`;
  const lines = [
    `${colors.bold(target.name)}: ${target.title}`,
    `  ${colors.bold('memory models')}: ${target.memories.join(', ')}${toCome}`,
  ];
  for (const [heading, rows] of sections) {
    if (rows.length === 0) continue;
    lines.push(`  ${colors.bold(heading)}`);
    for (const [name = '', text = ''] of rows) lines.push(`    ${name.padEnd(width)}  ${text}`.trimEnd());
  }
  return `${lines.join('\n')}\n`;
}
