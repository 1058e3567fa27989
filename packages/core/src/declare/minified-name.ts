/** One letter, or two with a small first one: what bundlers make of names. */
export function isMinifiedName(name: string): boolean {
  return /^(?:[A-Za-z_$]|[a-z_$][\w$])?$/.test(name);
}
