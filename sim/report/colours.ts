/**
 * Colours of charts. ECharts is given these, and the page has a variable in the place of each, so that one drawing serves a light and a dark
 * page.
 */
export const ink = '#1f2328'
export const faint = '#6b7280'
export const grid = '#e2e5e9'
export const paper = '#fefefe'
export const heat = '#d5513a'

/** By strategy. Okabe and Ito's, which people who confuse red and green can tell apart, without the yellow: it is too pale for lines. */
const seriesColours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#5b4b8a', '#8c6d31']
/** The same for a dark page. */
const onDark = ['#4aa8e0', '#f08a4b', '#3cc9a0', '#e3a3c8', '#f2bd4b', '#8ad0f5', '#a99adb', '#c9a76a']
const symbols = ['circle', 'rect', 'triangle', 'diamond', 'emptyCircle', 'emptyRect', 'emptyTriangle', 'emptyDiamond']

export function colourOf(index: number): string {
  return seriesColours[index % seriesColours.length] as string
}

/** Who sees no colours tells series by these. */
export function symbolOf(index: number): string {
  return symbols[(index + Math.floor(index / symbols.length)) % symbols.length] as string
}

const variables: Readonly<Record<string, { readonly name: string; readonly dark: string }>> = {
  [ink]: { name: 'ink', dark: '#e6e8eb' },
  [faint]: { name: 'faint', dark: '#9aa3ad' },
  [grid]: { name: 'grid', dark: '#32383f' },
  [paper]: { name: 'paper', dark: '#15181c' },
  [heat]: { name: 'heat', dark: '#f07a5f' },
  ...Object.fromEntries(seriesColours.map((colour, i) => [colour, { name: `series-${i}`, dark: onDark[i] as string }])),
}

/** The variables, as CSS. */
export const lightVariables = Object.entries(variables)
  .map(([light, { name }]) => `--${name}:${light}`)
  .join(';')
export const darkVariables = Object.values(variables)
  .map(({ name, dark }) => `--${name}:${dark}`)
  .join(';')

/** An SVG whose colours are those of the page that it stands in. */
export function withVariables(svg: string): string {
  return svg.replace(/#[0-9a-f]{6}\b/gi, (colour) => {
    const variable = variables[colour.toLowerCase()]
    return variable === undefined ? colour : `var(--${variable.name})`
  })
}
