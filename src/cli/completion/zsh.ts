import type { Candidate } from './offer.js'

/** As `_describe` takes it: what stands behind the first colon explains. */
export const describedFor = ({ text, description }: Candidate): string =>
  description === '' ? text.replaceAll(':', '\\:') : `${text.replaceAll(':', '\\:')}:${description}`

/** What zsh is to be told: as a file of its own in a folder of $fpath, or read at the start. */
export const ZSH = `#compdef xmpp-roster
# Completion of xmpp-roster for zsh.

_xmpp-roster() {
  local program=xmpp-roster kind
  local -a answer
  [[ \${words[1]} == */* ]] && program=\${(Q)words[1]}
  answer=("\${(@f)$(command "$program" completion words --shell zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" </dev/null 2>/dev/null)}")
  kind=\${answer[1]}
  answer=("\${(@)answer[2,-1]}")
  [[ $PREFIX == --*=* ]] && compset -P '*='
  case $kind in
    files) _files ;;
    words) (( \${#answer} )) && _describe xmpp-roster answer ;;
  esac
}

if [[ \${funcstack[1]} == _xmpp-roster ]]; then
  _xmpp-roster "$@"
else
  compdef _xmpp-roster xmpp-roster
fi
`
