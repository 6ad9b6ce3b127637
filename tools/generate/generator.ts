/** One committed file that is made from the code, and so can't tell anything else than the code does. */
export interface Generator {
  /** The path of what is made. */
  readonly file: string;
  /** What it is made from, for whoever finds it stale. */
  readonly from: string;
  readonly make: () => string | Promise<string>;
}

/** Text that stands in a cell of a Markdown table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** As it stands within a sentence: its first letter small, but for abbreviations. */
export const lowered = (text: string) =>
  /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
