"use strict";

const STATE_MS = 2000, PICTURE_MS = 5000, CAMERA_MS = 3000, LATE_MS = 8000;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const at = id => document.getElementById(id);
let heard = Date.now();

function element(tag, text, kind) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function say(id, text) {
  at(id).textContent = text;
  at(id).hidden = !text;
}

function number(one) {
  const box = element("div", "", one.alarm ? "number alarm" : "number");
  const value = element("span", one.value);
  value.append(" ", element("small", one.unit));
  box.append(element("b", one.label), value, element("p", one.note));
  return box;
}

function row(job) {
  const line = document.createElement("tr");
  const title = element("td", job.title);
  if (job.note) title.append(element("p", job.note, "quiet"));
  if (job.share) {
    const bar = element("div", "", "bar"), filled = document.createElement("i");
    filled.style.width = `${100 * job.share}%`;
    bar.append(filled);
    title.append(bar);
  }
  line.append(title, element("td", job.status), element("td", job.progress), element("td", job.left && `${job.left} left`));
  return line;
}

function entry(line) {
  const item = document.createElement("li");
  item.append(element("time", line.time), element("span", line.text, line.level));
  return item;
}

function show(state) {
  at("rig").textContent = state.rig;
  at("recording").textContent = state.recording;
  at("time").textContent = state.time;
  say("alarm", state.alarm);
  say("notice", state.notice);
  at("numbers").replaceChildren(...state.numbers.map(number));
  at("results").replaceChildren(...state.results.map(text => element("p", text)));
  at("results").hidden = !state.results.length;
  at("queue").replaceChildren(...state.queue.map(row));
  at("no-queue").hidden = state.queue.length > 0;
  at("log").replaceChildren(...state.log.map(entry));
  document.title = state.alarm ? `! ${state.rig}` : `${state.numbers[0].value}, ${state.rig}`;
}

async function look() {
  try {
    const answer = await fetch("state.json", {signal: AbortSignal.timeout(LATE_MS)});
    if (!answer.ok) throw new Error(await answer.text());
    show(await answer.json());
    heard = Date.now();
  } catch (error) { /* said below */ }
  const late = Date.now() - heard;
  say("silent", late > LATE_MS ? `No answer from the rig's computer for ${Math.round(late / 1000)} s; what stands here is old.` : "");
  setTimeout(look, STATE_MS);
}

async function draw(image, address, again) {
  if (!document.hidden) {
    try {
      const answer = await fetch(address(), {signal: AbortSignal.timeout(LATE_MS)});
      if (answer.status === 200) {
        const before = image.src;
        image.src = URL.createObjectURL(await answer.blob());
        if (before) URL.revokeObjectURL(before);
      }
      image.parentElement.hidden = answer.status !== 200;
    } catch (error) { /* the next one may come through */ }
  }
  setTimeout(draw, again, image, address, again);
}

look();
for (const image of document.querySelectorAll("#pictures img")) {
  if (image.id === "camera") draw(image, () => "camera", CAMERA_MS);
  else draw(image, () => `pictures/${image.id}.svg?style=${dark.matches ? "dark" : "light"}`, PICTURE_MS);
}
