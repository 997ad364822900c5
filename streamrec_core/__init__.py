"""Why a session recommender recommended an item, and the proof: data, models, attention, explanations."""
