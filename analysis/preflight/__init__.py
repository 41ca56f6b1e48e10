"""Proof of a rig before it moves: from the responses of its inputs to the sentence that names what is wrong.

Each stimulus is driven alone while every input terminal is read. The responses form a matrix, stimuli by terminals;
where it differs from that of a right rig, the functions of this folder find the wire, instrument or setting that
explains it. They are pure: `procedures.preflight` drives the stimuli.
"""
