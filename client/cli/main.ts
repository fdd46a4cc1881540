import Table from "cli-table3";
import { Command } from "commander";

console.log(new Command("kv").helpInformation(), new Table({ head: ["a"] }).toString());
