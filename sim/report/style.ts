import { darkVariables, lightVariables } from './colours.ts'

export const style = `
:root{color-scheme:light dark;${lightVariables};--raised:#f3f5f7}
@media (prefers-color-scheme:dark){:root{${darkVariables};--raised:#1d2126}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main,header{max-width:60rem;margin:0 auto;padding:0 1.25rem}
h1{font-size:1.7rem;margin:2rem 0 .5rem}
h2{font-size:1.3rem;margin:2.5rem 0 .5rem;padding-top:.75rem;border-top:1px solid var(--grid)}
h3{font-size:1.05rem;margin:1.75rem 0 .25rem}
p{margin:.4rem 0 .8rem;max-width:46rem}
.note{border-left:4px solid var(--heat);padding:.2rem .8rem;background:var(--raised)}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;list-style:none}
a{color:inherit}
figure{margin:1.25rem 0}
figcaption{font-weight:600}
figcaption span{display:block;font-weight:400;font-size:.9rem;color:var(--faint)}
svg{display:block;width:100%;height:auto;margin-top:.5rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:1rem 0;font-size:.92rem}
caption{text-align:left;font-weight:600;padding-bottom:.4rem}
th,td{text-align:left;padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--grid);vertical-align:top}
@media(min-width:50rem){caption{white-space:nowrap}}
thead th{color:var(--faint);font-weight:500;vertical-align:bottom}
tbody th{font-weight:500}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead .number{white-space:normal}
pre{background:var(--raised);padding:.8rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
summary{cursor:pointer;padding:.4rem 0;font-weight:600}
details details{margin-left:1rem}
@media print{details::details-content{content-visibility:visible}}
`
