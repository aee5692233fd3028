import type { ThemeChoice } from '../theme.ts'

export function ThemeSwitch({ choice, choose }: { readonly choice: ThemeChoice; choose(choice: ThemeChoice): void }) {
  return (
    <label>
      <span class="hidden">Colours</span>
      <select value={choice} onChange={(event) => choose(event.currentTarget.value as ThemeChoice)}>
        <option value="system">As the system</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  )
}
