/**
 * The tables of `docs/virtio.md`, made from what the targets and the seeded defects of VirtIO say of themselves, so that they
 * grow with them. The text between the tables is written by hand.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packedDefects, splitDefects, transportDefects } from '../impl/index.ts';
import type { Property } from '../properties/index.ts';
import {
  type Scenario,
  type Target,
  type TargetDefect,
  virtioPacked,
  virtioSplit,
} from '../scenarios/index.ts';
import { breakersOf } from './clauseReport.ts';

const targets = [virtioSplit, virtioPacked] as const;

/**
 * The document with its tables as they must be now. @param current with the markers `<!-- table: NAME -->` and
 * `<!-- end of table -->` around each. @param root of the package, with its sources. @throws Error when a marker is missing,
 * or a defect's comment does not say what it has to.
 */
export function virtioDocument(current: string, root: string): string {
  const split = commentsIn(join(root, 'impl/virtio/split/defects'));
  const packed = commentsIn(join(root, 'impl/virtio/packed/defects'));
  const transport = commentsIn(join(root, 'impl/virtio/transportDefects'));
  return [
    ['scenarios', scenarioTable()] as const,
    ['split defects', defectTable(splitDefects, split, [virtioSplit])] as const,
    ['packed defects', defectTable(packedDefects, packed, [virtioPacked])] as const,
    ['transport defects', transportTable(transport)] as const,
    ['split clauses', clauseTable(virtioSplit)] as const,
    ['packed clauses', clauseTable(virtioPacked)] as const,
  ].reduce((text, [name, rows]) => withTable(text, name, rows), current);
}

/** Puts a table between its markers. @throws Error when they are not there. */
export function withTable(text: string, name: string, rows: readonly string[]): string {
  const [begin, end] = [`<!-- table: ${name} -->\n`, '<!-- end of table -->'];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`docs/virtio.md: expected ${begin.trim()} and ${end} behind it`);
  return `${text.slice(0, from + begin.length)}\n${rows.join('\n')}\n\n${text.slice(to)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  );
}

// --- Scenarios -------------------------------------------------------------------------------------------------------

/** Sizes that the table looks at. */
const SIZES = [1, 2, 3, 4];

function isPowerOfTwo(slots: number): boolean {
  return Number.isInteger(Math.log2(slots));
}

function scenarioTable(): readonly string[] {
  const names = [...new Set(targets.flatMap(({ scenarios }) => scenarios.map(({ name }) => name)))];
  const rows = names.map((name) => {
    const having = targets.filter(({ scenarios }) => scenarios.some((scenario) => scenario.name === name));
    const scenario = scenarioOf(having[0] ?? virtioSplit, name);
    const layouts = having.length === targets.length ? 'both' : having.map(layoutOf).join(', ');
    const sizes = having.map((target) => sizesText(target, scenarioOf(target, name), having.length > 1));
    const alike = new Set(sizes).size === 1;
    const text = alike ? sizes[0] : having.map((target, i) => `${layoutOf(target)}: ${sizes[i]}`).join('. ');
    return [`\`${name}\``, layouts, scenario.title, text ?? ''];
  });
  return table(['scenario', 'layout', 'what happens', 'descriptors, by memory model'], rows);
}

function scenarioOf(target: Target, name: string): Scenario {
  const found = target.scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`${target.name} has no scenario ${name}`);
  return found;
}

function layoutOf({ name }: Target): string {
  return name.replace('virtio-', '');
}

/**
 * `sc, tso: 1, 2, 3*, 4*; pso, rc11: 1, 2`: with a star where something is bounded. @param common only sizes that both
 * layouts have.
 */
function sizesText({ memories }: Target, scenario: Scenario, common: boolean): string {
  const bySizes = new Map<string, string[]>();
  for (const memory of memories) {
    const sizes = SIZES.filter((slots) => !common || isPowerOfTwo(slots))
      .flatMap((slots) => {
        const params = { slots, memory, defects: [] };
        if (scenario.refuse(params) !== null) return [];
        // Which properties are asked is no bound on what happens.
        const { clauses: _clauses, ...bounds } = scenario.bounds(params);
        return [`${slots}${Object.keys(bounds).length > 0 ? '\\*' : ''}`];
      })
      .join(', ');
    bySizes.set(sizes, [...(bySizes.get(sizes) ?? []), memory]);
  }
  return [...bySizes].map(([sizes, models]) => `${models.join(', ')}: ${sizes || 'none'}`).join('; ');
}

// --- Defects ---------------------------------------------------------------------------------------------------------

/** The leading comment of each file that seeds a defect, by the defect's name: its paragraphs, each on one line. */
type Comments = ReadonlyMap<string, readonly string[]>;

function commentsIn(folder: string): Comments {
  const comments = new Map<string, readonly string[]>();
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    const [, name] = /^ {2}name: '([^']+)',$/m.exec(text) ?? [];
    const [, comment] = /^\/\*\*([\s\S]*?)\*\//.exec(text) ?? [];
    if (name === undefined || comment === undefined) continue;
    const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trim());
    const paragraphs = lines
      .join('\n')
      .trim()
      .split(/\n{2,}/);
    comments.set(
      name,
      paragraphs.map((paragraph) => paragraph.replaceAll('\n', ' ')),
    );
  }
  if (comments.size === 0) throw new Error(`${basename(folder)}: no defects`);
  return comments;
}

function paragraphsOf(comments: Comments, name: string): readonly string[] {
  const paragraphs = comments.get(name);
  if (paragraphs === undefined) throw new Error(`defect ${name} has no comment in a file of its own`);
  return paragraphs;
}

/** In which order faults stand: published ones, barriers, clauses, and what all queues have to keep. */
const KINDS = ['S', 'P', 'B', 'SD', 'PD', 'SV', 'PV', 'G'];

function rankOf(fault: string): number {
  const [, kind = '', number = '0'] = /^([A-Z]+)(\d+)$/.exec(fault) ?? [];
  return 1000 * KINDS.indexOf(kind) + Number(number);
}

interface Fault {
  readonly name: string;
  readonly title: string;
  readonly fault: string;
}

function defectTable(
  defects: readonly Fault[],
  comments: Comments,
  shownIn: readonly Target[],
): readonly string[] {
  const sorted = [...defects].sort((a, b) => rankOf(a.fault) - rankOf(b.fault));
  const rows = sorted.map(({ name, title, fault }) => {
    const [effect = '', origin = '', ...more] = paragraphsOf(comments, name);
    const [, what = '', why = ''] = /^([^:]*): (.*)$/.exec(effect) ?? [];
    const [, kind = '', story = '', advice = ''] =
      /^(Who did it|How it comes about): (.*) What to do: (.*)$/.exec(origin) ?? [];
    if (why === '' || advice === '')
      throw new Error(`the comment of defect ${name} does not say what comes of it and what to do`);
    return [
      what.includes(fault) ? what : `${fault} (${what})`,
      [`${capitalized(title)}.`, capitalized(why), ...more].join(' '),
      kind === 'Who did it' ? `_Seen:_ ${story}` : capitalized(story),
      capitalized(advice),
      shownText(name, shownIn),
    ];
  });
  const head = ['', 'what goes wrong', 'seen where, or how it comes about', 'what to do', 'defect'];
  return table(head, rows);
}

function transportTable(comments: Comments): readonly string[] {
  const rows = transportDefects.map(({ name, title, section }) => {
    const [effect = ''] = paragraphsOf(comments, name);
    const [, , why = effect] = /^([^:]*): (.*)$/.exec(effect) ?? [];
    return [section, `${capitalized(title)}. ${capitalized(why)}`, shownText(name, targets)];
  });
  return table(['section', 'what goes wrong', 'defect'], rows);
}

/** The defect, linked to its trace where a scenario of a target shows it. */
function shownText(name: string, shownIn: readonly Target[]): string {
  const shown = shownIn.flatMap((target) =>
    target.defects.filter((defect) => defect.name === name).map((defect) => ({ target, defect })),
  );
  const [first] = shown;
  if (first === undefined) return `\`${name}\``;
  const links = shown.map(({ target }, i) => {
    const text = i === 0 ? `\`${name}\`` : layoutOf(target);
    return `[${text}](../traces/${target.name}/${name}.json)`;
  });
  return `${links.join(', ')}: ${whereText(first.defect)}`;
}

/** `kick-suppression, 1, tso: lost-wakeup` */
function whereText({ scenario, slots, memory, property }: TargetDefect): string {
  return `${scenario}, ${slots}, ${memory}: \`${property}\``;
}

/** Names of code stay as they are. */
function capitalized(text: string): string {
  if (/^\w+[.`_]/.test(text)) return text;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// --- Clauses ---------------------------------------------------------------------------------------------------------

function clauseTable(target: Target): readonly string[] {
  const rows = clausesOf(target).map(({ name, clause }) => {
    const broken = breakersOf(target, name);
    const reason = clause?.unmonitored ?? target.notExercised?.[name];
    return [
      clause?.id ?? '',
      clause?.level === 'described' || clause?.level === 'derived'
        ? `${clause.section} (${clause.level})`
        : `${clause?.section} ${clause?.level}`,
      clause?.text ?? '',
      reason === undefined ? `\`${name}\`` : `\`${name}\`: ${reason}`,
      broken.map((defect) => `\`${defect}\``).join(', '),
    ];
  });
  return table(['', 'section', 'what it asks for', 'property', 'broken by'], rows);
}

/** Each clause of the target's scenarios once, in the order in which their monitors stand. */
function clausesOf(target: Target): readonly Property[] {
  const clauses = new Map<string, Property>();
  for (const scenario of target.scenarios) {
    for (const slots of scenario.defaultSlots) {
      const params = { slots, memory: 'sc', defects: [] } as const;
      if (scenario.refuse(params) !== null) continue;
      for (const property of scenario.system(params).properties)
        if (property.clause !== undefined) clauses.set(property.name, property);
    }
  }
  return [...clauses.values()].sort((a, b) => clauseRank(a) - clauseRank(b));
}

/** The driver's first, then the device's; by number, those that the specification does not write down last. */
function clauseRank({ clause }: Property): number {
  const [, kind = '', number = '0'] = /^([A-Z]+)(\d+)/.exec(clause?.id ?? '') ?? [];
  return (clause?.level === 'derived' ? 2000 : 0) + (kind.endsWith('D') ? 0 : 1000) + Number(number);
}
