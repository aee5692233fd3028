/** Told apart by hue and lightness, none of them the red of what failed. */
const light = [
  '#2f6fde',
  '#0f8a6d',
  '#8a5bd6',
  '#b06a00',
  '#0a8fb5',
  '#b0468f',
  '#5f7d1e',
  '#4c5fa8',
  '#8d6b4f',
  '#5a7684',
]
const dark = [
  '#6ea3ff',
  '#3cc7a3',
  '#b692f6',
  '#e3a140',
  '#4cc4e8',
  '#e184c4',
  '#a3c558',
  '#93a5ef',
  '#c9a285',
  '#9fb9c6',
]

/** The colour of a label, by its number. */
export function labelColour(label: number, isDark: boolean): string {
  const colours = isDark ? dark : light
  return colours[label % colours.length] as string
}
