# bash completion for obek. Commands and options are asked of the program, so they are those of the version that is installed.
_obek_commands() {
    obek --help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

_obek_options() {
    obek "$@" --help 2>/dev/null | grep -oE '^ +(-[a-zA-Z]|--[a-z-]+)(, --[a-z-]+)?' | tr -d ' ' | tr ',' '\n'
}

_obek() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local -a command=("${COMP_WORDS[1]}")
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$(_obek_commands) --help --version" -- "$current")
        return
    fi
    if [[ ${command[0]} == model ]]; then
        if ((COMP_CWORD == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'check diff put --help' -- "$current")
            return
        fi
        command+=("${COMP_WORDS[2]}")
    fi
    if [[ $previous == --lang ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'en tr' -- "$current")
    elif [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_obek_options "${command[@]}")" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}

complete -o filenames -F _obek obek
