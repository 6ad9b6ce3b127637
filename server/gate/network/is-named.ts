/** Whether a setting that names network devices, each by itself or by a group that it is in, names this one. */
export function isNamed(
  { name, groups }: { readonly name: string; readonly groups: readonly string[] },
  among: ReadonlySet<string>,
): boolean {
  return among.has(name) || groups.some((group) => among.has(group));
}
