/** Shell completion, made of the program that it completes. */
import type { Command } from "commander";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

interface Words {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
  readonly subcommands: readonly string[];
}

export function completionFor(shell: Shell, program: Command): string {
  const common = optionsOf(program);
  const commands = program.commands.map(
    (each): Words => ({
      name: each.name(),
      description: each.description(),
      options: [...new Set([...optionsOf(each), ...common])],
      subcommands: each.commands.map((inner) => inner.name()),
    }),
  );
  return { bash, zsh, fish }[shell](commands, common);
}

const optionsOf = (command: Command): string[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long }) => (long == null ? [] : [long]));

const namesOf = (commands: readonly Words[]): string => commands.map(({ name }) => name).join(" ");

const caseOf = ({ name, options, subcommands }: Words): string =>
  `    ${name}) words="${[...subcommands, ...options].join(" ")}" ;;`;

const bash = (
  commands: readonly Words[],
  common: readonly string[],
): string => `# eval "$(kv completion bash)"
_kv() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="" each words
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ " ${namesOf(commands)} " == *" $each "* ]] && { command=$each; break; }
  done
  case $command in
${commands.map(caseOf).join("\n")}
    *) words="${[namesOf(commands), ...common].join(" ")}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _kv kv`;

const zsh = (commands: readonly Words[], common: readonly string[]): string => `#compdef kv
# eval "$(kv completion zsh)"
_kv() {
  local command="" each words
  for each in "\${(@)words[2,CURRENT-1]}"; do
    [[ " ${namesOf(commands)} " == *" $each "* ]] && { command=$each; break; }
  done
  case $command in
${commands
  .map(
    ({ name, options, subcommands }) =>
      `    ${name}) compadd -- ${[...subcommands, ...options].join(" ")} ;;`,
  )
  .join("\n")}
    *) compadd -- ${[namesOf(commands), ...common].join(" ")} ;;
  esac
  [[ -n $command ]] && _files
}
(( $+functions[compdef] )) && compdef _kv kv`;

const fish = (commands: readonly Words[], common: readonly string[]): string =>
  [
    "# kv completion fish | source",
    ...commands.map(
      ({ name, description }) =>
        `complete -c kv -n __fish_use_subcommand -f -a ${name} -d '${description.replaceAll("'", "")}'`,
    ),
    ...common.map((option) => `complete -c kv -l ${option.slice(2)}`),
    ...commands.flatMap(({ name, options, subcommands }) => {
      const seen = `complete -c kv -n '__fish_seen_subcommand_from ${name}'`;
      const own = options.filter((option) => !common.includes(option));
      return [
        ...own.map((option) => `${seen} -l ${option.slice(2)}`),
        ...subcommands.map((word) => `${seen} -a ${word}`),
      ];
    }),
  ].join("\n");
