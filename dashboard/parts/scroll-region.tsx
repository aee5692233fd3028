import type { ComponentChildren } from 'preact'

/** What may be wider or taller than its place, and scrolls in it. */
export function ScrollRegion({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls must be reached by keyboard, which not every browser sees to by itself.
    <section class="scroll" tabIndex={0} aria-label={name}>
      {children}
    </section>
  )
}
