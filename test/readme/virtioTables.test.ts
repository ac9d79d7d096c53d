/** The tables of `docs/virtio.md` that are made from the targets and from the defects' comments. */
import { describe, expect, it } from 'vitest';
import { packedDefects, splitDefects } from 'vqcheck/impl';
import { virtioPacked, virtioSplit } from 'vqcheck/scenarios';
import { virtioDocument, withTable } from '../../dist/cli/virtioDocument.js';
import { readDocument, root } from './documents.ts';

const text = readDocument('docs/virtio.md');

/** The rows of a table, without its head. */
function rowsOf(name: string): readonly string[] {
  const from = text.indexOf(`<!-- table: ${name} -->`);
  const rows = text.slice(from, text.indexOf('<!-- end of table -->', from)).split('\n');
  return rows.filter((row) => row.startsWith('| ')).slice(2);
}

describe('docs/virtio.md', () => {
  it('is what the code says', () => {
    expect(virtioDocument(text, root), 'docs/virtio.md is out of date: run `npm run generate`').toBe(text);
  });

  it.each([
    ['split defects', splitDefects, virtioSplit],
    ['packed defects', packedDefects, virtioPacked],
  ] as const)('has each of the %s once, with a trace where a scenario shows it', (name, defects, target) => {
    const rows = rowsOf(name);
    expect(rows).toHaveLength(defects.length);
    for (const defect of defects) {
      const path = `../traces/${target.name}/${defect.name}.json`;
      const isShown = target.defects.some((shown) => shown.name === defect.name);
      const found = rows.filter((row) => row.includes(isShown ? `(${path})` : `| \`${defect.name}\` |`));
      expect([defect.name, found.length]).toEqual([defect.name, 1]);
    }
  });

  it('has all scenarios and clauses', () => {
    const scenarios = new Set(
      [virtioSplit, virtioPacked].flatMap((target) => target.scenarios.map(({ name }) => name)),
    );
    expect(rowsOf('scenarios')).toHaveLength(scenarios.size);
    expect(rowsOf('split clauses').some((row) => row.startsWith('| SD10 | 2.7.13.3.1 MUST |'))).toBe(true);
    expect(rowsOf('packed clauses').some((row) => row.startsWith('| PD7 | 2.8.21.3.1 MUST |'))).toBe(true);
  });

  it('is not made where a table has no place', () => {
    expect(() => withTable('no table here', 'scenarios', ['| a |'])).toThrow('<!-- table: scenarios -->');
  });
});
