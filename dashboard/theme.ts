import { useEffect, useState } from 'preact/hooks'

export type ThemeChoice = 'system' | 'light' | 'dark'

const storageKey = 'yardmaster-theme'
const isDark = matchMedia('(prefers-color-scheme: dark)')

/** What canvases are drawn with: they do not follow the style sheet by themselves. */
export interface Palette {
  readonly text: string
  readonly muted: string
  readonly line: string
  readonly surface: string
  readonly accent: string
  readonly good: string
  readonly bad: string
  readonly warn: string
  readonly isDark: boolean
}

export function useTheme(): {
  readonly choice: ThemeChoice
  readonly palette: Palette
  choose(choice: ThemeChoice): void
} {
  const [choice, setChoice] = useState<ThemeChoice>(() => {
    const stored = storedChoice()
    apply(stored)
    return stored
  })
  const [palette, setPalette] = useState(currentPalette)
  useEffect(() => {
    const follow = () => {
      apply(choice)
      setPalette(currentPalette())
    }
    isDark.addEventListener('change', follow)
    return () => isDark.removeEventListener('change', follow)
  }, [choice])
  return {
    choice,
    palette,
    choose(next) {
      apply(next)
      store(next)
      setChoice(next)
      setPalette(currentPalette())
    },
  }
}

function apply(choice: ThemeChoice): void {
  const system = isDark.matches ? 'dark' : 'light'
  document.documentElement.dataset.theme = choice === 'system' ? system : choice
}

function currentPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  return {
    text: colour('text'),
    muted: colour('muted'),
    line: colour('line'),
    surface: colour('surface'),
    accent: colour('accent'),
    good: colour('good'),
    bad: colour('bad'),
    warn: colour('warn'),
    isDark: document.documentElement.dataset.theme === 'dark',
  }
}

/** Where the browser keeps nothing, the choice lasts as long as the page. */
function storedChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(storageKey)
    return stored === 'light' || stored === 'dark' ? stored : 'system'
  } catch {
    return 'system'
  }
}

function store(choice: ThemeChoice): void {
  try {
    localStorage.setItem(storageKey, choice)
  } catch {
    // It was not to be kept.
  }
}
