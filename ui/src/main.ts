//! Mounts the window. Fonts and tokens come with it: nothing is fetched from anywhere.

import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "./app/tokens.css";
import "./app/base.css";

import { mount } from "svelte";

import App from "./app/App.svelte";

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no element with the id app.");
mount(App, { target });
